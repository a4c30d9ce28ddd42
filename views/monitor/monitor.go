package monitor

import (
	"context"
	"time"
	"unicode/utf8"

	"postern/internal/event"
	"postern/internal/silence"
	"postern/views/camera"
	"postern/views/cameraname"
	"postern/views/eventlist"
	"postern/views/ui"
)

// Limits of a monitor, so that it can stay open for weeks.
const (
	MaxRows   = 30 // assets/js/live-rows.js reads it from an attribute
	MaxAlerts = 3
	MaxTiles  = 60 // cameras beyond it are marks without a name
	maxLarge  = 6  // tiles above the marks
	maxMarks  = 1000
)

// longSentence is the number of characters that an alert's card has room for in large
// letters.
const longSentence = 60

func isLong(s eventlist.Sentence) bool { return utf8.RuneCountInString(s.String()) > longSentence }

// Props are the props of the monitor's page.
type Props struct {
	Now    time.Time
	Filter event.Filter
	// Again is the address from which the page reloads itself without JavaScript. It
	// has the parameter BackgroundParameter.
	Again string
	// Erasures is the mark of the last erasure before the events were read.
	Erasures string
	// Events are the newest events that are no alerts.
	Events []*event.Event
	View   View
	// Cameras are the choices of the filter.
	Cameras []string
	// Person is the name with which this browser acknowledges, empty if it isn't
	// known. Account says that it is an account's name.
	Person  string
	Account bool
}

// tab is the title in the browser's tab. assets/js/monitor.js keeps it up to date.
func (p Props) tab(ctx context.Context) string { return p.View.tab(ctx) }

// View has a monitor's content beside the stream of events.
type View struct {
	OpenAlerts OpenAlerts
	Tiles      []camera.Camera // all cameras
	Totals     Totals
	// Build changes with the assets. A page reloads itself once heartbeats have another
	// build.
	Build string
}

// tab is the title in the browser's tab: the number of open alerts and the filter's
// cameras.
func (v View) tab(ctx context.Context) string {
	words := "Monitor"
	if cameras := v.OpenAlerts.Filter.Cameras; len(cameras) > 0 {
		words += " " + cameraname.Of(ctx, cameras[0])
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
	// Restricted says that the principal's camera scope hides some cameras.
	Restricted bool
	// Silences are those that haven't ended and concern the page's cameras.
	Silences []*silence.Silence
}

// more is the number of open alerts that aren't shown.
func (l OpenAlerts) more() int64 { return max(0, l.Open-int64(len(l.Alerts))) }

// newest is the id of the last alert that "Acknowledge all" includes. Alerts that
// arrive later stay open.
func (l OpenAlerts) newest() string { return l.Alerts[0].ID }

// count is the number of open alerts, with a plus if there may be more.
func (l OpenAlerts) count() string {
	if l.AtLeast {
		return ui.Count(l.Open) + "+"
	}
	return ui.Count(l.Open)
}

// unfiltered reports whether all alerts are shown. Only then can all be acknowledged
// at once.
func (l OpenAlerts) unfiltered() bool { return !l.Restricted && len(ui.FilterQuery(l.Filter)) == 0 }

// back is the page's own address.
func (l OpenAlerts) back() string { return string(ui.FilterURL("/monitor", l.Filter, "")) }

// Totals are a monitor's numbers.
type Totals struct {
	PerMinute int
	Day       int64 // events in the 24 hours before now
	// DayAtLeast says that there may have been more, because some events are gone.
	DayAtLeast bool
	// Webhooks counts all webhooks, Failing those that are failing or disabled.
	// NoWebhooks hides both from a principal without the permission.
	Webhooks, Failing int
	NoWebhooks        bool
}

func socketURL(f event.Filter) string {
	v := ui.FilterQuery(f)
	v.Set("only", "monitor")
	return ui.Path("/live/socket?" + v.Encode())
}
