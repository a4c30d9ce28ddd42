package webhook

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/stats"
	"postern/internal/webhook/worker"
)

// Listed is a webhook with its status.
type Listed struct {
	*delivery.Endpoint
	Status worker.Status
	// State is the state that people see, as Status.Shown returns it.
	State delivery.State
}

// List returns the webhooks that a query selects, in its order.
func (s *Service) List(q delivery.EndpointQuery) []Listed {
	s.mu.Lock()
	all := slices.Clone(s.endpoints)
	s.mu.Unlock()
	listed := make([]Listed, 0, len(all))
	for _, one := range all {
		e := &one.endpoint.Endpoint
		if !selects(&q, e) {
			continue
		}
		l := Listed{Endpoint: e, Status: one.worker.Status()}
		if l.State, _, _ = l.Status.Shown(); len(q.States) == 0 || slices.Contains(q.States, l.State) {
			listed = append(listed, l)
		}
	}
	order(&q, listed, time.Now())
	return listed
}

// selects reports whether the query's text and labels select an endpoint.
func selects(q *delivery.EndpointQuery, e *delivery.Endpoint) bool {
	for _, label := range q.Labels {
		if !slices.Contains(e.Settings.Labels, label) {
			return false
		}
	}
	if q.Text == "" {
		return true
	}
	text := strings.ToLower(q.Text)
	return slices.ContainsFunc(append([]string{e.Settings.Name, e.Settings.Description, e.URL, e.ID}, e.Settings.Labels...),
		func(field string) bool { return strings.Contains(strings.ToLower(field), text) })
}

// order puts webhooks into the query's order. Equal ones stay in the order of their
// registration.
func order(q *delivery.EndpointQuery, listed []Listed, now time.Time) {
	direction := func(compared int) int {
		if q.Descending {
			return -compared
		}
		return compared
	}
	if q.Sort == delivery.SortName {
		name := func(l Listed) string {
			_, address, _ := strings.Cut(l.URL, "://")
			return strings.ToLower(cmp.Or(l.Settings.Name, address))
		}
		slices.SortStableFunc(listed, func(a, b Listed) int { return direction(strings.Compare(name(a), name(b))) })
		return
	}
	type ranked struct {
		Listed
		value float64
		known bool
	}
	each := make([]ranked, len(listed))
	for i, l := range listed {
		value, known := sortValue(q.Sort, &l, now)
		each[i] = ranked{l, value, known}
	}
	slices.SortStableFunc(each, func(a, b ranked) int {
		switch {
		case a.known != b.known && a.known:
			return -1
		case a.known != b.known:
			return 1
		default:
			return direction(cmp.Compare(a.value, b.value))
		}
	})
	for i := range each {
		listed[i] = each[i].Listed
	}
}

// sortValue is what a webhook is ordered by; known is false where it has none.
func sortValue(s delivery.Sort, l *Listed, now time.Time) (value float64, known bool) {
	switch s {
	case delivery.SortState:
		return float64(urgency(l)), true
	case delivery.SortSuccess:
		delivered, failed := stats.Sum(l.Status.Hours...)
		return float64(delivered) / float64(max(1, delivered+failed)), delivered+failed > 0
	case delivery.SortP95:
		p95 := stats.P95(l.Status.Hours...)
		return p95.Seconds(), p95 > 0
	case delivery.SortBacklogAge:
		return now.Sub(l.Status.WaitingSince).Seconds(), !l.Status.WaitingSince.IsZero()
	case delivery.SortLastFailure:
		if l.Status.LastError == nil {
			return 0, false
		}
		return float64(l.Status.LastError.Ended().UnixMilli()), true
	default:
		return float64(l.CreatedAt.UnixMicro()), true
	}
}

// urgency is how much a webhook needs a person.
func urgency(l *Listed) int {
	switch {
	case l.State == delivery.Disabled:
		return 5
	case l.State == delivery.Failing:
		return 4
	case l.State == delivery.Degraded:
		return 3
	case l.Status.Exhausted > 0:
		return 2
	case l.State == delivery.Paused:
		return 1
	default:
		return 0
	}
}
