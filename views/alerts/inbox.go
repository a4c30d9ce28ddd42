package alerts

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"postern/internal/event"
	"postern/internal/silence"
	"postern/views/alertlist"
	"postern/views/eventlist"
	"postern/views/ui"
)

// Tab is a tab of the inbox.
type Tab string

// The tabs.
const (
	TabOpen         Tab = "open"
	TabMine         Tab = "mine"
	TabAcknowledged Tab = "acknowledged"
	TabSilenced     Tab = "silenced"
	TabAll          Tab = "all"
	TabHistory      Tab = "history"
)

// TabInfo is a tab with its label.
type TabInfo struct {
	Tab   Tab
	Label string
}

// Tabs are the tabs in their order.
var Tabs = []TabInfo{
	{TabOpen, "Open"}, {TabMine, "Mine"}, {TabAcknowledged, "Acknowledged"}, {TabSilenced, "Silenced"},
	{TabAll, "All"}, {TabHistory, "History"},
}

// InboxProps are the props of the inbox.
type InboxProps struct {
	ui.Frame
	Flash  ui.Flash
	Tab    Tab
	Filter event.Filter
	// Restricted says that the principal's camera scope hides some cameras.
	Restricted bool
	// Groups are the groups of the tabs Open and Mine, from number Skip on.
	Groups alertlist.Props
	Skip   int
	// Through is the newest sequence number that the page has counted. Its forms
	// leave later alerts open.
	Through int64
	// Alerts are the alerts of the tabs Acknowledged and All, newest first, and
	// Actions those of the tab History. Next is the cursor of the next page.
	Alerts  []eventlist.Alert
	Actions []Action
	Next    string
	// Silences are those that haven't ended.
	Silences []*silence.Silence
	// Cameras are the choices of the filter, Assignees those of an assignment.
	Cameras, Assignees []string
	// AskName says that the person's name isn't known, and that the form asks for it.
	AskName bool
}

// PageSize is how many groups a page shows.
const PageSize = 50

// InboxURL is the address of a tab of the inbox.
func InboxURL(tab Tab, f event.Filter, skip int, cursor string) templ.SafeURL {
	v := ui.FilterQuery(f)
	if tab != TabOpen {
		v.Set("tab", string(tab))
	}
	if skip > 0 {
		v.Set("skip", strconv.Itoa(skip))
	}
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	return address(v)
}

func address(v url.Values) templ.SafeURL {
	if len(v) == 0 {
		return ui.URL("/alerts")
	}
	return ui.URL("/alerts?" + v.Encode())
}

// self is the page's own address.
func (p InboxProps) self() string { return string(InboxURL(p.Tab, p.Filter, p.Skip, "")) }

// grouped reports whether the tab shows groups.
func (p InboxProps) grouped() bool { return p.Tab == TabOpen || p.Tab == TabMine }

// later is the number of groups on the pages after this one.
func (p InboxProps) later() int64 {
	return max(0, p.Groups.Total-int64(p.Skip)-int64(len(p.Groups.Groups.Groups)))
}

// empty says why the tab shows nothing.
func (p InboxProps) empty() string {
	filtered := len(ui.FilterQuery(p.Filter)) > 0
	switch {
	case p.Tab == TabMine:
		return "No open alerts are assigned to you."
	case p.Tab == TabHistory:
		return "Nobody has acknowledged or assigned alerts yet."
	case p.Tab == TabOpen && filtered:
		return "No open alerts match the filter."
	case p.Tab == TabOpen:
		return "No open alerts."
	case p.Tab == TabSilenced:
		return "No alerts were silenced."
	case filtered:
		return "No alerts match the filter."
	default:
		return "No alerts."
	}
}
