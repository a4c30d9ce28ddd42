package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"postern/internal/event"
)

// What a monitor holds at most, so that it can be left on for weeks.
const (
	MonitorRows   = 30 // assets/js/live.js keeps to it by the attribute that carries it
	MonitorAlerts = 3
	MonitorTiles  = 60
)

// MonitorProps is the page for a wall.
type MonitorProps struct {
	Now    time.Time
	Filter event.Filter
	// Again is the address at which the page loads itself again without
	// JavaScript; it has the parameter Background.
	Again string
	// Erasures is how far erasing had come before anything was read.
	Erasures string
	// Events are the newest that are no alerts.
	Events []*event.Event
	View   MonitorView
	// Cameras are those that can be chosen, by name. Who is the name that this
	// browser acknowledges with, empty before it is known, and Account says
	// that it is that of who is signed in.
	Cameras []string
	Who     string
	Account bool
}

// tab is what stands in the browser's tab. assets/js/monitor.js keeps to it.
func (p MonitorProps) tab() string { return p.View.tab() }

// MonitorView is what a monitor shows beside the stream of events.
type MonitorView struct {
	Lane   MonitorLane
	Tiles  []Camera // all cameras
	Totals MonitorTotals
	// Build changes with what browsers have loaded: a page of another build
	// loads itself anew.
	Build string
}

// tab names a monitor with its open alerts, and the cameras it is narrowed to.
func (v MonitorView) tab() string {
	words := "Monitor"
	if cameras := v.Lane.Filter.Cameras; len(cameras) > 0 {
		words += " " + tidy(cameras[0])
		if len(cameras) > 1 {
			words += " and " + Count(int64(len(cameras)-1)) + " more"
		}
	}
	if v.Lane.Open > 0 {
		words = "(" + v.Lane.openWords() + ") " + words
	}
	return words
}

// MonitorLane are the open alerts.
type MonitorLane struct {
	Alerts []*event.Event // the newest
	// Open counts them all; there may be more if AtLeast is set.
	Open    int64
	AtLeast bool
	Filter  event.Filter
	// Restricted says that who watches sees some cameras only, whatever the
	// filter says.
	Restricted bool
}

// waiting is how many open alerts are not shown.
func (l MonitorLane) waiting() int64 { return max(0, l.Open-int64(len(l.Alerts))) }

// newest is the id that acknowledging all goes up to: none comes along that
// nobody has seen.
func (l MonitorLane) newest() string { return l.Alerts[0].ID }

// openWords says how many alerts are open.
func (l MonitorLane) openWords() string {
	if l.AtLeast {
		return Count(l.Open) + "+"
	}
	return Count(l.Open)
}

// whole reports whether the lane shows alerts of every kind: only then are
// all of them acknowledged at once.
func (l MonitorLane) whole() bool { return !l.Restricted && len(FilterQuery(l.Filter)) == 0 }

// back is the page's own address.
func (l MonitorLane) back() string { return string(filterURL("/monitor", l.Filter, "")) }

// MonitorTotals are a monitor's numbers.
type MonitorTotals struct {
	PerMinute int
	Day       int64 // events in the 24 hours before now
	// DayAtLeast says that it may have been more, in events that are gone.
	DayAtLeast bool
	// Webhooks counts all, Unwell those that fail or are disabled. Who may not
	// know is told nothing where NoWebhooks is set.
	Webhooks, Unwell int
	NoWebhooks       bool
}

// shownTiles are the cameras that a monitor has room for: those that are down
// and those heard from last. They stand by name, since what is read from afar
// must hold still, the offline and silent ones first.
func shownTiles(all []Camera) []Camera {
	tiles := slices.Clone(all)
	// Only what is down stands apart: a tile must not move as its camera speaks.
	rank := func(c Camera) int {
		if c.down() {
			return c.rank()
		}
		return len(cameraStates)
	}
	slices.SortFunc(tiles, func(a, b Camera) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), b.Last.Compare(a.Last), strings.Compare(a.Name, b.Name))
	})
	tiles = tiles[:min(len(tiles), MonitorTiles)]
	slices.SortFunc(tiles, func(a, b Camera) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Name, b.Name))
	})
	return tiles
}

// tilesClass sizes the tiles by how many there are.
func tilesClass(n int) string {
	switch {
	case n <= 12:
		return "few"
	case n <= 28:
		return "some"
	default:
		return "many"
	}
}

// downTiles counts the cameras that are offline or silent.
func downTiles(tiles []Camera) int64 {
	return countCameras(tiles, CameraOffline) + countCameras(tiles, CameraSilent)
}

// tileMeaning is what a tile's colour says: the camera's state where that isn't
// live, else its newest event.
func tileMeaning(c Camera) event.Meaning {
	if c.State == CameraLive {
		return c.LastType.Info().Meaning
	}
	return c.meaning()
}

// Unwell counts the endpoints that somebody should look at.
func Unwell(endpoints []Endpoint) int {
	return countState(endpoints, StateFailing) + countState(endpoints, StateDisabled)
}
