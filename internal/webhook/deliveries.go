package webhook

import (
	"cmp"
	"context"
	"slices"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
)

// DeliveryState is how far an event's delivery to one webhook has got.
type DeliveryState string

// The states of a delivery. A webhook that an event isn't for has none.
const (
	Delivered DeliveryState = "delivered" // it answered with 2xx
	Waiting   DeliveryState = "waiting"   // not tried yet, or asked for again
	Retrying  DeliveryState = "retrying"  // failed, and is tried again
	Exhausted DeliveryState = "exhausted" // given up
	Skipped   DeliveryState = "skipped"   // a person passed over it, or removed the webhook
	HeldBack  DeliveryState = "held_back" // repeated what storm control let through
	Unknown   DeliveryState = "unknown"   // its record isn't kept any more
)

// Delivery is what became of an event at one webhook.
type Delivery struct {
	WebhookID, URL string
	// Webhook is the webhook's own state: what waits for one that is paused
	// or disabled goes on waiting. It is empty for one that was removed.
	Webhook delivery.State
	State   DeliveryState
	// DeliveredAt is when it arrived first; also set where it was asked for
	// again and that isn't done.
	DeliveredAt time.Time
	// NextTry is when a retrying delivery is due; that of a failing webhook
	// waits for a probe's success.
	NextTry time.Time
	// Tries is how many are on record, Last the newest of them; nil for none.
	Tries int
	Last  *delivery.Attempt
	// Attempts are the newest of the tries, oldest first, at most 100. Only
	// EventAttempts fills them in.
	Attempts []delivery.Attempt
}

// maxEventAttempts is how many tries of an event at one webhook are shown.
const maxEventAttempts = 100

// Deliveries returns what became of each event, at most store.MaxDeliveries
// of them, at every webhook that it went to, goes to, or was kept from,
// oldest webhook first. It is quickest for events that are near each other in
// the log.
func (s *Service) Deliveries(ctx context.Context, events []*event.Event) ([][]Delivery, error) {
	return s.deliveries(ctx, events, 0)
}

// EventAttempts returns what became of an event at every webhook that it went
// to, with every try.
func (s *Service) EventAttempts(ctx context.Context, e *event.Event) ([]Delivery, error) {
	all, err := s.deliveries(ctx, []*event.Event{e}, maxEventAttempts)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func (s *Service) deliveries(ctx context.Context, events []*event.Event, attempts int) ([][]Delivery, error) {
	seqs := make([]int64, len(events))
	for i, e := range events {
		seqs[i] = e.Seq
	}
	record, err := s.store.DeliveriesOf(ctx, seqs)
	if err != nil {
		return nil, err
	}
	receivers, err := s.deliverers(record.Receivers)
	if err != nil {
		return nil, err
	}
	out := make([][]Delivery, len(events))
	for i, e := range events {
		for _, r := range receivers {
			if d, ok := r.delivery(e, record.Of[store.DeliveryKey{Endpoint: r.n, Seq: e.Seq}], attempts); ok {
				out[i] = append(out[i], d)
			}
		}
	}
	return out, nil
}

// deliverer is an endpoint as its deliveries are told.
type deliverer struct {
	*store.Receiver
	n       int64
	state   delivery.State // empty where it was removed
	filter  event.Filter
	storm   bool
	created time.Time
	changed time.Time // when its settings were changed last
}

func (s *Service) deliverers(receivers map[int64]*store.Receiver) ([]deliverer, error) {
	s.mu.Lock()
	known := make(map[int64]*registered, len(s.endpoints))
	for _, one := range s.endpoints {
		known[one.endpoint.N] = one
	}
	s.mu.Unlock()
	var out []deliverer
	for n, r := range receivers {
		d := deliverer{Receiver: r, n: n}
		if one := known[n]; one != nil {
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

// delivery tells what became of an event; ok is false where it isn't for the
// endpoint. record is nil where the store has nothing of it.
func (r *deliverer) delivery(e *event.Event, record *store.Delivery, attempts int) (d Delivery, ok bool) {
	d = Delivery{WebhookID: r.ID, URL: r.URL, Webhook: r.state}
	if record == nil {
		d.State = r.unrecorded(e)
		return d, d.State != ""
	}
	d.take(record.Attempts, attempts)
	switch p := record.Pending; {
	case p == nil && !d.DeliveredAt.IsZero():
		d.State = Delivered
	case p == nil:
		d.State = Skipped // it failed, and what waited was dropped
	case p.Due.IsZero():
		d.State = Exhausted
	case d.Tries == 0 || d.Last.OK() || p.Tries == 0 && p.Replay:
		d.State = Waiting
	default:
		d.State, d.NextTry = Retrying, p.Due
	}
	return d, true
}

// take fills in what the tries say.
func (d *Delivery) take(tries []delivery.Attempt, attempts int) {
	d.Tries = len(tries)
	for i := range tries {
		if tries[i].OK() && d.DeliveredAt.IsZero() {
			d.DeliveredAt = tries[i].Ended()
		}
	}
	if len(tries) > 0 {
		d.Last = &tries[len(tries)-1]
	}
	d.Attempts = append(d.Attempts, tries[max(0, len(tries)-attempts):]...)
}

// unrecorded tells of an event that the store has nothing of: it is still
// to come, was passed over, or isn't for the endpoint at all; then it is
// empty. Which settings an event met is known only since they were changed
// last.
func (r *deliverer) unrecorded(e *event.Event) DeliveryState {
	switch {
	case r.state == "" || e.Seq <= r.BeganAfter || r.BeganAfter == 0 && e.Received.Before(r.created) || !r.filter.Match(e) || worker.IsAbout(e, r.ID):
		return ""
	case e.Seq > r.Cursor:
		return Waiting
	case e.Seq > r.SkippedAfter && e.Seq <= r.SkippedThrough:
		return Skipped
	case e.Received.Before(r.changed):
		return ""
	case r.storm:
		return HeldBack
	default:
		return Unknown
	}
}
