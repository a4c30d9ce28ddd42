package cameras

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/counters"
)

// Order is what a list of cameras is sorted by. Its values are part of the API.
type Order string

// The orders.
const (
	ByID        Order = "id"
	ByName      Order = "name"  // the id where a camera has no name
	BySite      Order = "site"  // then by group and name; cameras without a site last
	ByState     Order = "state" // the worst first, and among those that are down the latest
	ByRate      Order = "rate"
	ByLastEvent Order = "last_event"
	ByAlerts    Order = "alerts"
)

// Orders returns every order.
func Orders() []Order { return []Order{ByID, ByName, BySite, ByState, ByRate, ByLastEvent, ByAlerts} }

// Descends reports whether the order begins with the greatest value: the worst
// state, the highest rate, the newest event, the most alerts.
func (o Order) Descends() bool {
	return slices.Contains([]Order{ByState, ByRate, ByLastEvent, ByAlerts}, o)
}

// Query asks for cameras. Empty fields restrict nothing.
type Query struct {
	// Text is part of a camera's id, name, site or group.
	Text        string
	State       State
	Site, Group string
	// Order is ByID where it is empty. Reversed turns it round.
	Order    Order
	Reversed bool
	// Limit is the page's size; zero for all. Cursor is the Next of the page before.
	Limit  int
	Cursor string
}

// Listed is a camera with its rate and its open alerts.
type Listed struct {
	Camera
	Rate       counters.Rate
	OpenAlerts int64
}

// Page is a page of cameras.
type Page struct {
	Cameras []Listed
	// Next is the cursor of the next page; empty for none.
	Next string
	// Total counts the cameras of all pages, States those of the query in any state.
	Total  int
	States map[State]int
	// Sites and Groups are those of all cameras that may be seen, in order.
	Sites, Groups []string
}

// ErrCursor refuses a cursor that isn't one of a Page.
var ErrCursor = problem.InvalidField("cursor", "The cursor is not one of this list; take it from the Link header of the page before.")

// Find returns a page of the cameras that may be seen.
func (s *Service) Find(ctx context.Context, q Query, allow func(id string) bool) (Page, error) {
	page := Page{States: make(map[State]int)}
	var after *position
	if q.Cursor != "" {
		at, ok := parseCursor(q.Cursor)
		if !ok {
			return page, ErrCursor
		}
		after = &at
	}
	open, err := s.store.Alerts.OpenByCamera(ctx)
	if err != nil {
		return page, err
	}
	rates := s.store.Counters.Rates(s.store.Arrival())
	text := event.Fold(strings.TrimSpace(q.Text))
	sites, groups := map[string]bool{}, map[string]bool{}
	var found []Listed
	for _, c := range s.List() {
		if !allow(c.ID) {
			continue
		}
		sites[c.Settings.Site], groups[c.Settings.Group] = true, true
		if !c.matches(text, q.Site, q.Group) {
			continue
		}
		page.States[c.State]++
		if q.State == "" || c.State == q.State {
			found = append(found, Listed{c, rates[c.ID], open[c.ID]})
		}
	}
	page.Sites, page.Groups, page.Total = sorted(sites), sorted(groups), len(found)
	compare := q.compare()
	slices.SortFunc(found, func(a, b Listed) int { return compare(a.position(q.Order), b.position(q.Order)) })
	if after != nil {
		from, at := slices.BinarySearchFunc(found, *after, func(c Listed, p position) int { return compare(c.position(q.Order), p) })
		if at {
			from++
		}
		found = found[from:]
	}
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
		page.Next = found[q.Limit-1].position(q.Order).cursor()
	}
	page.Cameras = found
	return page, nil
}

// Describe returns a camera with its rate and its open alerts.
func (s *Service) Describe(ctx context.Context, id string) (Listed, error) {
	open, err := s.store.Alerts.OpenByCamera(ctx)
	if err != nil {
		return Listed{}, err
	}
	return Listed{s.Camera(id), s.store.Counters.Rates(s.store.Arrival())[id], open[id]}, nil
}

// matches reports whether a camera has the folded text, and is of a site and a
// group.
func (c Camera) matches(text, site, group string) bool {
	if site != "" && c.Settings.Site != site || group != "" && c.Settings.Group != group {
		return false
	}
	return text == "" || slices.ContainsFunc([]string{c.ID, c.Settings.Name, c.Settings.Site, c.Settings.Group}, func(s string) bool {
		return strings.Contains(event.Fold(s), text)
	})
}

// sorted returns the texts of a set that aren't empty, in order.
func sorted(set map[string]bool) []string {
	delete(set, "")
	return slices.SortedFunc(maps.Keys(set), func(a, b string) int {
		return cmp.Or(strings.Compare(event.Fold(a), event.Fold(b)), strings.Compare(a, b))
	})
}

// position is where a camera stands in an order: by number, then by text, then by
// id.
type position struct {
	number   int64
	text, id string
}

func (c Listed) position(by Order) position {
	at := position{id: c.ID}
	switch by {
	case ByName:
		at.text = event.Fold(c.DisplayName())
	case BySite:
		if c.Settings.Site == "" {
			at.number = 1
		}
		at.text = event.Fold(c.Settings.Site) + "\x01" + event.Fold(c.Settings.Group) + "\x01" + event.Fold(c.DisplayName())
	case ByState:
		at.number = int64(slices.Index(States(), c.State)) << 56
		if !c.Since.IsZero() {
			at.number += 1<<55 - c.Since.UnixMicro() // the latest first
		}
		at.text = event.Fold(c.DisplayName())
	case ByRate:
		at.number = -c.Rate.LastHour
	case ByLastEvent:
		at.number = -c.Last.UnixMicro()
	case ByAlerts:
		at.number = -c.OpenAlerts
	}
	return at
}

func (q Query) compare() func(a, b position) int {
	return func(a, b position) int {
		order := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text), strings.Compare(a.id, b.id))
		if q.Reversed {
			return -order
		}
		return order
	}
}

func (p position) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d\x00%s\x00%s", p.number, p.text, p.id))
}

func parseCursor(s string) (p position, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	parts := strings.SplitN(string(b), "\x00", 3)
	if err != nil || len(parts) != 3 {
		return p, false
	}
	p.text, p.id = parts[1], parts[2]
	p.number, err = strconv.ParseInt(parts[0], 10, 64)
	return p, err == nil
}
