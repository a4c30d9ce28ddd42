package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/shift"
	"postern/internal/store"
	"postern/internal/store/alerts"
)

// MaxAlerts is the largest number of alerts that a report covers: the newest ones.
const MaxAlerts = 10_000

// pageAlerts is the number of alerts that are read at a time.
const pageAlerts = 1000

// Report is what happened in a period, by time of arrival.
type Report struct {
	shift.Period
	// Types has the urgent types with alerts, in the catalogue's order.
	Types []TypeCount
	// People has those who acknowledged, by number of alerts.
	People []Person
	// All has the alerts of all types. Took has the times to acknowledge.
	All  TypeCount
	Took Times
	// Outages are the announcements of cameras and webhooks, oldest first.
	Outages []Outage
	// More says that the period has more than MaxAlerts alerts, so that the oldest
	// are missing.
	More bool
}

// TypeCount counts the alerts of a type, by their state now.
type TypeCount struct {
	Type                           event.Type
	Alerts, Acknowledged, Resolved int
}

// Open returns the number of alerts that are still open.
func (t TypeCount) Open() int { return t.Alerts - t.Acknowledged - t.Resolved }

// Person is one who acknowledged.
type Person struct {
	Name string
	Took Times
}

// Times are the times to acknowledge, from the arrival of an alert.
type Times struct{ list []time.Duration }

// Count returns the number of alerts.
func (t Times) Count() int { return len(t.list) }

// Percentile returns the time within which so many percent of the alerts were
// acknowledged; zero where none was.
func (t Times) Percentile(percent int) time.Duration {
	if len(t.list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.list))
	return sorted[(len(sorted)*percent+99)/100-1]
}

// Outage is an announcement that cameras or a webhook stopped working.
type Outage struct {
	Event *event.Event
	// Ended is when Postern announced that it works again; zero for not yet.
	Ended time.Time
}

// Make makes the report of a period about the alerts that a filter matches: types,
// cameras and sources.
func Make(ctx context.Context, st *store.Store, f event.Filter, period shift.Period) (*Report, error) {
	r := &Report{Period: period}
	before, err := st.SeqAt(ctx, period.Start)
	if err != nil {
		return nil, fmt.Errorf("make report: %w", err)
	}
	last, err := st.SeqAt(ctx, period.End)
	if err != nil {
		return nil, fmt.Errorf("make report: %w", err)
	}
	counts, people := map[event.Type]*TypeCount{}, map[string]*Person{}
	for cursor := last + 1; cursor > before+1; {
		page, err := st.Alerts.List(ctx, alerts.Query{
			Selection: alerts.Selection{Filter: f}, State: alerts.All, Limit: pageAlerts, Cursor: cursor,
		})
		if err != nil {
			return nil, fmt.Errorf("make report: %w", err)
		}
		events := slices.DeleteFunc(page.Events, func(e *event.Event) bool { return e.Seq <= before })
		known, err := st.Alerts.Acknowledgements(ctx, events)
		if err != nil {
			return nil, fmt.Errorf("make report: %w", err)
		}
		for _, e := range events {
			if r.All.Alerts == MaxAlerts {
				r.More = true
				break
			}
			r.add(e, known[e.Seq], counts, people)
		}
		if cursor = page.Next; cursor == 0 || r.More {
			break
		}
	}
	for _, in := range event.Catalogue() {
		if count := counts[in.Type]; count != nil {
			r.Types = append(r.Types, *count)
		}
	}
	for _, person := range people {
		r.People = append(r.People, *person)
	}
	slices.SortFunc(r.People, func(a, b Person) int {
		return cmp.Or(b.Took.Count()-a.Took.Count(), cmp.Compare(a.Name, b.Name))
	})
	slices.Reverse(r.Outages) // they were read newest first
	return r, nil
}

// add counts an alert.
func (r *Report) add(e *event.Event, a alert.Acknowledgement, counts map[event.Type]*TypeCount, people map[string]*Person) {
	count := counts[e.Type]
	if count == nil {
		count = &TypeCount{Type: e.Type}
		counts[e.Type] = count
	}
	for _, one := range []*TypeCount{count, &r.All} {
		one.Alerts++
		switch {
		case a.Resolver != "":
			one.Resolved++
		case !a.Open():
			one.Acknowledged++
		}
	}
	if a.Resolver == "" && !a.Open() {
		took := max(a.At.Sub(e.Received), 0)
		if people[a.By] == nil {
			people[a.By] = &Person{Name: a.By}
		}
		people[a.By].Took.list = append(people[a.By].Took.list, took)
		r.Took.list = append(r.Took.list, took)
	}
	if e.Own() {
		outage := Outage{Event: e}
		if a.Resolver != "" {
			outage.Ended = a.At
		}
		r.Outages = append(r.Outages, outage)
	}
}
