package webhook

import (
	"cmp"
	"context"
	"slices"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// maxEventAttempts is how many attempts of an event at one webhook are
// returned.
const maxEventAttempts = 100

// Deliveries returns the deliveries of each event, at most deliveries.MaxEvents
// of them, oldest webhook first. It is quickest for events that are near each
// other in the log.
func (s *Service) Deliveries(ctx context.Context, events []*event.Event) ([][]delivery.Delivery, error) {
	seqs := make([]int64, len(events))
	for i, e := range events {
		seqs[i] = e.Seq
	}
	record, err := s.store.Deliveries.Find(ctx, seqs)
	if err != nil {
		return nil, err
	}
	receivers, err := s.deliverers(record.Endpoints)
	if err != nil {
		return nil, err
	}
	out := make([][]delivery.Delivery, len(events))
	for i, e := range events {
		for _, r := range receivers {
			if d, ok := r.delivery(e, record.Of[deliveries.Key{Endpoint: r.n, Seq: e.Seq}]); ok {
				out[i] = append(out[i], d)
			}
		}
	}
	return out, nil
}

// EventAttempts returns the deliveries of an event, each with its newest attempts:
// at most 100.
func (s *Service) EventAttempts(ctx context.Context, e *event.Event) ([]delivery.Delivery, error) {
	all, err := s.Deliveries(ctx, []*event.Event{e})
	if err != nil {
		return nil, err
	}
	for i := range all[0] {
		d := &all[0][i]
		d.Attempts = d.Attempts[max(0, len(d.Attempts)-maxEventAttempts):]
	}
	return all[0], nil
}

// deliverer is an endpoint with what decides the states of its deliveries.
type deliverer struct {
	*deliveries.EndpointProgress
	n       int64
	state   delivery.State // empty where it was removed
	filter  event.Filter
	storm   bool
	created time.Time
	changed time.Time // when its settings were changed last
}

func (s *Service) deliverers(receivers map[int64]*deliveries.EndpointProgress) ([]deliverer, error) {
	s.mu.Lock()
	known := make(map[int64]registered, len(s.endpoints)) // copies: a change replaces their endpoint
	for _, one := range s.endpoints {
		known[one.endpoint.N] = *one
	}
	s.mu.Unlock()
	var out []deliverer
	for n, r := range receivers {
		d := deliverer{EndpointProgress: r, n: n}
		if one, ok := known[n]; ok {
			if one.endpoint.Unreadable != nil {
				return nil, one.endpoint.Unreadable
			}
			d.filter, d.storm, d.state = one.endpoint.Filter, one.endpoint.Settings.StormSeconds > 0, one.worker.State()
			d.created, d.changed = one.endpoint.CreatedAt, one.endpoint.UpdatedAt
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b deliverer) int { return cmp.Compare(a.n, b.n) })
	return out, nil
}

// delivery returns the delivery of an event; ok is false if the event doesn't match.
// record is nil if the store has none.
func (r *deliverer) delivery(e *event.Event, record *delivery.Delivery) (d delivery.Delivery, ok bool) {
	if record == nil {
		d = delivery.Delivery{WebhookID: r.ID, URL: r.URL, Webhook: r.state, State: r.unrecorded(e)}
		return d, d.State != ""
	}
	d = *record
	d.Webhook = r.state
	d.Derive()
	return d, true
}

// unrecorded returns the state of a delivery without a record: the event is yet
// to be sent, was skipped, or doesn't match; then the state is empty. The
// settings are known only since their last change.
func (r *deliverer) unrecorded(e *event.Event) delivery.DeliveryState {
	switch {
	case r.state == "", e.Seq <= r.BeganAfter, r.BeganAfter == 0 && e.Received.Before(r.created),
		!r.filter.Match(e), worker.IsAbout(e, r.ID):
		return ""
	case e.Seq > r.Cursor:
		return delivery.Waiting
	case e.Seq > r.SkippedAfter && e.Seq <= r.SkippedThrough:
		return delivery.Skipped
	case e.Received.Before(r.changed):
		return ""
	case r.storm:
		return delivery.Suppressed
	default:
		return delivery.Unknown
	}
}
