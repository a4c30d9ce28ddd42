package views

import (
	"slices"

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
	// Title names the page, in its heading and in the browser's tab.
	Title   string
	Section Section
	// PerMinute is how many events came in the last minute. Unknown where
	// the page was made without asking, as an error page is.
	PerMinute int
	Unknown   bool
	// Fed says that a socket of the page's own feeds the live state too.
	Fed bool
	// Person is who is signed in, with their role; empty where nobody is.
	Person, Role string
	// Hidden are the sections that who looks may not open.
	Hidden []Section
}

// place is a section with its address.
type place struct {
	section Section
	href    string
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

func asset(name string) string { return static.Path(name) }
