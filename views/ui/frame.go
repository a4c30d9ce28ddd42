package ui

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"postern/static"
)

// Section is a place in the dashboard's navigation.
type Section string

// The dashboard's sections, as the rail shows them.
const (
	SectionOverview Section = "overview"
	SectionEvents   Section = "events"
	SectionWebhooks Section = "webhooks"
	SectionMonitor  Section = "monitor"
	SectionSettings Section = "settings"
	sectionNone     Section = ""
)

// Frame is what every page has around its own content.
type Frame struct {
	// Title names the page in its heading. In the browser's tab stands Object
	// beside it, which tells pages of one kind apart; it is no person's name,
	// since browsers keep it.
	Title, Object string
	Section       Section
	// Now is when the page was made.
	Now time.Time
	// PerMinute is how many events came in the last minute. Unknown where
	// the page was made without asking, as an error page is.
	PerMinute int
	Unknown   bool
	// Fed says that a socket of the page's own feeds the live state too. Still
	// says that the page stays as it is.
	Fed, Still bool
	// Person is who is signed in, with their role; empty where nobody is.
	Person, Role string
	// Hidden are the sections that who looks may not open.
	Hidden []Section
}

// place is a section with its address.
type place struct {
	section Section
	path    string
	words   string
}

// has reports whether who looks may open a section.
func (f Frame) has(s Section) bool { return !slices.Contains(f.Hidden, s) }

// sections are those that who looks may open.
func (f Frame) sections() []place {
	return slices.DeleteFunc(slices.Clone(places), func(p place) bool { return !f.has(p.section) })
}

var places = []place{
	{SectionOverview, "/", "Overview"},
	{SectionEvents, "/events", "Events"},
	{SectionWebhooks, "/webhooks", "Webhooks"},
	{SectionMonitor, "/monitor", "Monitor"},
	{SectionSettings, "/settings", "Settings"},
}

// htmxConfig is read by htmx from a meta tag. History is the browser's own:
// pages are whole documents, and Back works as it does everywhere. Close code
// 1000 is among those that reconnect, since a page that comes back from the
// browser's cache has closed its socket with it. An error's page is never
// swapped into another: what is shown stays, and the header says that it is
// no longer live.
const htmxConfig = `{"extensions":"ws","history":false,"includeIndicatorCSS":false,"noSwap":[204,304,"4xx","5xx"],"ws":{"reconnectCodes":[1000,1001,1005,1006,1011,1012,1013,1014],"reconnectMaxDelay":"5s"}}`

// tab is what stands in the browser's tab.
func (f Frame) tab() string {
	if f.Object == "" {
		return f.Title
	}
	return f.Title + " " + f.Object
}

// PageTime tells assets/js/clock.js what time it is here, and which zone the
// page's times are in.
func PageTime(ctx context.Context, now time.Time) templ.OrderedAttributes {
	attributes := templ.OrderedAttributes{{Key: "data-zone", Value: Zone(ctx).String()}}
	if !now.IsZero() {
		attributes = append(attributes, templ.KeyValue[string, any]{Key: "data-now", Value: MachineTime(now)})
	}
	return attributes
}

func Asset(name string) string { return static.Path(name) }
