package camera

import (
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"postern/views/ui"
)

// Row is a camera in the list.
type Row struct {
	Camera
	Rate Rate
}

// Query is the query of the list as its address has it. Empty fields restrict nothing.
type Query struct {
	Text, Site, Group string
	State             State
	// Sort is the column, and Descending its direction; Natural says that the address
	// doesn't name the direction.
	Sort       string
	Descending bool
	Cursor     string
}

// columns are the columns that the list can be sorted by, with the direction of a
// first click.
var columns = []struct {
	sort, label, class string
	descending         bool
}{
	{"state", "State", "c-state", true},
	{"name", "Camera", "c-name", false},
	{"site", "Site", "c-site", false},
	{"rate", "Last hour", "c-num", true},
	{"last_event", "Last event", "c-last", true},
	{"alerts", "Open alerts", "c-num", true},
}

// ListProps are the props of the page of cameras.
type ListProps struct {
	ui.Frame
	Now   time.Time
	Query Query
	Rows  []Row
	// Next is the cursor of the next page; empty for none. Total counts the cameras of
	// all pages, States those that the query finds in any state.
	Next   string
	Total  int
	States map[State]int
	// Sites and Groups are those of all cameras.
	Sites, Groups []string
	Flash         ui.Flash
}

// any is the number of cameras in any state.
func (p ListProps) any() (n int64) {
	for _, count := range p.States {
		n += int64(count)
	}
	return n
}

// filtered reports whether the query restricts the list, its state aside.
func (q Query) filtered() bool { return q.Text != "" || q.Site != "" || q.Group != "" }

// url is the address of the list.
func (q Query) url() templ.SafeURL {
	v := url.Values{}
	for name, value := range map[string]string{"q": q.Text, "site": q.Site, "group": q.Group, "state": string(q.State), "cursor": q.Cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Sort != "" {
		v.Set("sort", q.Sort)
		v.Set("order", q.order())
	}
	if len(v) == 0 {
		return ui.URL("/cameras")
	}
	return ui.URL("/cameras?" + v.Encode())
}

func (q Query) order() string {
	if q.Descending {
		return "desc"
	}
	return "asc"
}

// in returns the query for a state, from the first page.
func (q Query) in(state State) Query {
	q.State, q.Cursor = state, ""
	return q
}

// by returns the query sorted by a column, or in the other direction if it is
// already.
func (q Query) by(sort string, descending bool) Query {
	if q.sorted() == sort {
		descending = !q.Descending
	}
	q.Sort, q.Descending, q.Cursor = sort, descending, ""
	return q
}

// sorted is the column that the list is sorted by.
func (q Query) sorted() string {
	if q.Sort == "" {
		return "state"
	}
	return q.Sort
}

// direction is the aria-sort of a column.
func (q Query) direction(sort string) string {
	switch {
	case q.sorted() != sort:
		return ""
	case q.Descending:
		return "descending"
	}
	return "ascending"
}

func (q Query) first() Query {
	q.Cursor = ""
	return q
}

func (q Query) from(cursor string) Query {
	q.Cursor = cursor
	return q
}

// CamerasURL is the address of the cameras in a state; empty for all.
func CamerasURL(state State) templ.SafeURL { return Query{}.in(state).url() }

// SiteURL is the address of a site's cameras, and of those of a group if one is given.
func SiteURL(site, group string) templ.SafeURL { return Query{Site: site, Group: group}.url() }

// place is a camera's site, with its group.
func (c Camera) place() string {
	switch {
	case c.Group == "":
		return ui.Tidy(c.Site)
	case c.Site == "":
		return ui.Tidy(c.Group)
	}
	return ui.Tidy(c.Site) + ", " + ui.Tidy(c.Group)
}

// alertCount writes the number of open alerts.
func (c Camera) alertCount() string { return strconv.FormatInt(c.OpenAlerts, 10) }
