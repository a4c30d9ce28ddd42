package monitor

import (
	"time"

	"postern/internal/event"
	"postern/views/camera"
	"postern/views/ui"
)

// What a monitor holds at most, so that it can be left on for weeks.
const (
	MaxRows   = 30 // assets/js/live.js keeps to it by the attribute that carries it
	MaxAlerts = 3
	MaxTiles  = 60
)

// Props is the page for a wall.
type Props struct {
	Now    time.Time
	Filter event.Filter
	// Again is the address at which the page loads itself again without
	// JavaScript; it has the parameter Background.
	Again string
	// Erasures is how far erasing had come before anything was read.
	Erasures string
	// Events are the newest that are no alerts.
	Events []*event.Event
	View   View
	// Cameras are those that can be chosen, by name. Who is the name that this
	// browser acknowledges with, empty before it is known, and Account says
	// that it is that of who is signed in.
	Cameras []string
	Who     string
	Account bool
}

// tab is what stands in the browser's tab. assets/js/monitor.js keeps to it.
func (p Props) tab() string { return p.View.tab() }

// View is what a monitor shows beside the stream of events.
type View struct {
	OpenAlerts OpenAlerts
	Tiles      []camera.Camera // all cameras
	Totals     Totals
	// Build changes with what browsers have loaded: a page of another build
	// loads itself anew.
	Build string
}

// tab names a monitor with its open alerts, and the cameras it is narrowed to.
func (v View) tab() string {
	words := "Monitor"
	if cameras := v.OpenAlerts.Filter.Cameras; len(cameras) > 0 {
		words += " " + ui.Tidy(cameras[0])
		if len(cameras) > 1 {
			words += " and " + ui.Count(int64(len(cameras)-1)) + " more"
		}
	}
	if v.OpenAlerts.Open > 0 {
		words = "(" + v.OpenAlerts.count() + ") " + words
	}
	return words
}

// OpenAlerts are the open alerts.
type OpenAlerts struct {
	Alerts []*event.Event // the newest
	// Open counts them all; there may be more if AtLeast is set.
	Open    int64
	AtLeast bool
	Filter  event.Filter
	// Restricted says that who watches sees some cameras only, whatever the
	// filter says.
	Restricted bool
}

// more is how many open alerts are not shown.
func (l OpenAlerts) more() int64 { return max(0, l.Open-int64(len(l.Alerts))) }

// newest is the id that acknowledging all goes up to: none comes along that
// nobody has seen.
func (l OpenAlerts) newest() string { return l.Alerts[0].ID }

// count says how many alerts are open.
func (l OpenAlerts) count() string {
	if l.AtLeast {
		return ui.Count(l.Open) + "+"
	}
	return ui.Count(l.Open)
}

// unfiltered reports whether the lane shows alerts of every kind: only then are
// all of them acknowledged at once.
func (l OpenAlerts) unfiltered() bool { return !l.Restricted && len(ui.FilterQuery(l.Filter)) == 0 }

// back is the page's own address.
func (l OpenAlerts) back() string { return string(ui.FilterURL("/monitor", l.Filter, "")) }

// Totals are a monitor's numbers.
type Totals struct {
	PerMinute int
	Day       int64 // events in the 24 hours before now
	// DayAtLeast says that it may have been more, in events that are gone.
	DayAtLeast bool
	// Webhooks counts all, Unwell those that fail or are disabled. Who may not
	// know is told nothing where NoWebhooks is set.
	Webhooks, Failing int
	NoWebhooks        bool
}

func socketURL(f event.Filter) string {
	v := ui.FilterQuery(f)
	v.Set("only", "monitor")
	return ui.Path("/live/socket?" + v.Encode())
}
