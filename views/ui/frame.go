package ui

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"postern/static"
)

// Section is a section of the dashboard.
type Section string

// The dashboard's sections, as the rail shows them.
const (
	SectionOverview Section = "overview"
	SectionAlerts   Section = "alerts"
	SectionEvents   Section = "events"
	SectionCameras  Section = "cameras"
	SectionWebhooks Section = "webhooks"
	SectionMonitor  Section = "monitor"
	SectionSettings Section = "settings"
	sectionNone     Section = ""
)

// Frame has the props of the frame around a page.
type Frame struct {
	// Title is the page's heading. The browser's tab shows Object too, which
	// distinguishes pages of one kind. Object is never a person's name, because
	// browsers keep the titles of tabs.
	Title, Object string
	Section       Section
	// Now is when the page was rendered.
	Now time.Time
	// PerMinute is the number of events in the last minute. Unknown says that it
	// wasn't looked up, as for an error page.
	PerMinute int
	Unknown   bool
	// OpenAlerts counts the open alerts, up to MaxOpenAlerts.
	OpenAlerts int64
	// Fed says that the page's own socket feeds the live state too. Still says that
	// the page has no live updates.
	Fed, Still bool
	// Person is the account that is signed in, with its role; empty if there is none.
	Person, Role string
	// Hidden are the sections that the principal may not open.
	Hidden []Section
}

// MaxOpenAlerts is up to how many open alerts a frame counts.
const MaxOpenAlerts = 1000

// openCount is the number of open alerts; empty for none.
func (f Frame) openCount() string {
	if f.OpenAlerts == 0 {
		return ""
	}
	return OpenCount(f.OpenAlerts)
}

// OpenCount is a number of open alerts where there is little room: "999+" for
// MaxOpenAlerts or more.
func OpenCount(n int64) string {
	if n >= MaxOpenAlerts {
		return "999+"
	}
	return Count(n)
}

// place is a section with its address.
type place struct {
	section Section
	path    string
	words   string
}

// has reports whether the principal may open a section.
func (f Frame) has(s Section) bool { return !slices.Contains(f.Hidden, s) }

// sections returns the sections that the principal may open.
func (f Frame) sections() []place {
	return slices.DeleteFunc(slices.Clone(places), func(p place) bool { return !f.has(p.section) })
}

var places = []place{
	{SectionOverview, "/", "Overview"},
	{SectionAlerts, "/alerts", "Alerts"},
	{SectionEvents, "/events", "Events"},
	{SectionCameras, "/cameras", "Cameras"},
	{SectionWebhooks, "/webhooks", "Webhooks"},
	{SectionMonitor, "/monitor", "Monitor"},
	{SectionSettings, "/settings", "Settings"},
}

// htmxConfig is htmx's configuration, in a meta tag. htmx leaves the history to the
// browser: pages are whole documents. Close code 1000 reconnects, because a page that
// returns from the browser's cache has closed its socket with it. An error page is
// never swapped into a page: the page keeps its content, and its header says that it
// is no longer live.
const htmxConfig = `{"extensions":"ws","history":false,"includeIndicatorCSS":false,"noSwap":[204,304,"4xx","5xx"],` +
	`"ws":{"reconnectCodes":[1000,1001,1005,1006,1011,1012,1013,1014],"reconnectMaxDelay":"5s"}}`

// alertsConfig keeps the pages about alerts connected while their tab is in the
// background, so that they can notify a person.
const alertsConfig = `{"ws":{"pauseOnBackground":false}}`

// tab is the title in the browser's tab. It begins with the number of open alerts, which
// assets/js/open-alerts.js keeps up to date.
func (f Frame) tab() string {
	title := f.Title
	if f.Object != "" {
		title += " " + f.Object
	}
	if open := f.openCount(); open != "" {
		title = "(" + open + ") " + title
	}
	return title
}

// PageTime gives assets/js/clock.js the server's time and the zone of the page's
// times. The theme that a person chose is beside them.
func PageTime(ctx context.Context, now time.Time) templ.OrderedAttributes {
	attributes := templ.OrderedAttributes{{Key: "data-zone", Value: Zone(ctx).String()}}
	if !now.IsZero() {
		attributes = append(attributes, templ.KeyValue[string, any]{Key: "data-now", Value: MachineTime(now)})
	}
	by, _ := ctx.Value(chosenKey{}).(chosen)
	if by.theme != "" {
		attributes = append(attributes, templ.KeyValue[string, any]{Key: "data-theme", Value: by.theme})
	}
	if by.zone {
		attributes = append(attributes, templ.KeyValue[string, any]{Key: "data-zone-chosen", Value: ""})
	}
	return attributes
}

func Asset(name string) string { return static.Path(name) }
