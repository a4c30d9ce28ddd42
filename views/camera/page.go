package camera

import (
	"strconv"
	"time"

	"postern/internal/event"
	"postern/internal/silence"
	"postern/views/alertlist"
	"postern/views/chart"
	"postern/views/ui"
)

// PageProps are the props of a camera's page.
type PageProps struct {
	ui.Frame
	Now    time.Time
	Camera Camera
	Rate   Rate
	// Minutes are the last 24 hours, oldest first; the last minute isn't over yet.
	Minutes []chart.Minute
	// Usual has the usual number of events of each hour of the clock of that time, the
	// current one included; below zero where that isn't known.
	Usual  []float64
	Events []*event.Event
	// Alerts are the groups of its open alerts, and Silences those that name it and
	// haven't ended.
	Alerts   alertlist.Props
	Silences []*silence.Silence
	Form     Form
	Flash    ui.Flash
}

// Form is the form of a camera's settings.
type Form struct {
	Name, Site, Group string
	// Sites and Groups are the suggestions.
	Sites, Groups []string
	// Interval is usual or set, and Every its number in Unit.
	Interval, Every, Unit string
	// Silence is automatic, never or after, and Minutes its number.
	Silence, Minutes string
	// Errors are the problems, by field.
	Errors map[string]string
}

// units are the units of an expected interval.
var units = []struct {
	Value, Label string
	Length       time.Duration
}{{"s", "seconds", time.Second}, {"min", "minutes", time.Minute}, {"h", "hours", time.Hour}}

// UnitLength is the length of a unit of the form; zero for an unknown one.
func UnitLength(unit string) time.Duration {
	for _, known := range units {
		if known.Value == unit {
			return known.Length
		}
	}
	return 0
}

// FormOf is the form with a camera's settings.
func FormOf(c Camera) Form {
	f := Form{Name: c.Name, Site: c.Site, Group: c.Group, Interval: "usual", Unit: "min", Silence: "automatic",
		Minutes: decimal(max(c.SilentAfter, time.Minute).Minutes())}
	if c.Expected > 0 {
		f.Interval = "set"
		for _, unit := range units {
			if c.Expected%unit.Length == 0 {
				f.Unit, f.Every = unit.Value, strconv.FormatInt(int64(c.Expected/unit.Length), 10)
			}
		}
	}
	switch {
	case c.Set && c.SilentAfter == 0:
		f.Silence, f.Minutes = "never", "5"
	case c.Set:
		f.Silence = "after"
	}
	return f
}

func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// quarter is the length of a bar of the timeline.
const quarter = 15 * time.Minute

func (p PageProps) bars() []chart.Minute { return chart.Bars(p.Minutes, quarter) }

// timeline is the chart of the last 24 hours.
func (p PageProps) timeline() chart.Chart {
	bars := p.bars()
	return chart.Chart{Title: "Events per 15 minutes, last 24 hours", ID: "timeline", Bars: bars, Length: quarter, Row: time.Hour,
		Filter: event.Filter{Cameras: []string{p.Camera.ID}}, Usual: p.usualBars(bars)}
}

// usualBars spreads the usual numbers of hours over bars.
func (p PageProps) usualBars(bars []chart.Minute) []float64 {
	if len(p.Usual) == 0 {
		return nil
	}
	current := p.Now.Truncate(time.Hour)
	usual := make([]float64, len(bars))
	for i, bar := range bars {
		hour := len(p.Usual) - 1 - int(current.Sub(bar.Start.Truncate(time.Hour))/time.Hour)
		usual[i] = -1
		if hour >= 0 && hour < len(p.Usual) && p.Usual[hour] >= 0 {
			usual[i] = p.Usual[hour] / float64(time.Hour/quarter)
		}
	}
	return usual
}

// seen are the types of which the camera sent events in the last 24 hours.
func (p PageProps) seen() (types []event.Info) {
	for _, in := range event.Catalogue() {
		if chart.TypeTotal(p.Minutes, in.Type) > 0 {
			types = append(types, in)
		}
	}
	return types
}

func (p PageProps) lastHour() []chart.Minute { return p.Minutes[max(0, len(p.Minutes)-60):] }

// ofType is the filter for the camera's events of a type.
func (p PageProps) ofType(t event.Type) event.Filter {
	return event.Filter{Cameras: []string{p.Camera.ID}, Types: event.Types(t)}
}

func (p PageProps) filter() event.Filter { return event.Filter{Cameras: []string{p.Camera.ID}} }
