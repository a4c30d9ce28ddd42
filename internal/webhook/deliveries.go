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

// DeliveryState is the state of an event's delivery to one webhook.
type DeliveryState string

// The states of a delivery. A webhook that an event isn't for has none.
const (
	Delivered DeliveryState = "delivered" // the receiver answered with 2xx
	Waiting   DeliveryState = "waiting"   // not sent yet, or being resent
	Retrying  DeliveryState = "retrying"  // failed, and will be retried
	Exhausted DeliveryState = "exhausted" // no attempts are left
	Skipped   DeliveryState = "skipped"   // a person skipped it, or removed the webhook
	HeldBack  DeliveryState = "held_back" // storm control suppressed it
	Unknown   DeliveryState = "unknown"   // its record has been removed
)

// Delivery is the delivery of an event to one webhook.
type Delivery struct {
	WebhookID, URL string
	// Webhook is the webhook's own state; empty for a removed one.
	// Deliveries to a paused or disabled webhook wait.
	Webhook delivery.State
	State   DeliveryState
	// DeliveredAt is when it was delivered first, even if it is being
	// resent.
	DeliveredAt time.Time
	// NextAttempt is when the next retry is due. Those of a failing webhook
	// wait until a probe succeeds.
	NextAttempt time.Time
	// AttemptCount is the number of recorded attempts, Last the newest; nil for
	// none.
	AttemptCount int
	Last         *delivery.Attempt
	// Attempts are the newest attempts, oldest first, at most 100. Only
	// EventAttempts fills them in.
	Attempts []delivery.Attempt
}

// maxEventAttempts is how many attempts of an event at one webhook are
// returned.
const maxEventAttempts = 100

// Deliveries returns the deliveries of each event, at most deliveries.MaxEvents
// of them, oldest webhook first. It is quickest for events that are near each
// other in the log.
func (s *Service) Deliveries(ctx context.Context, events []*event.Event) ([][]Delivery, error) {
	return s.deliveries(ctx, events, 0)
}

// EventAttempts returns the deliveries of an event, with their attempts.
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
	record, err := s.store.Deliveries.Find(ctx, seqs)
	if err != nil {
		return nil, err
	}
	receivers, err := s.deliverers(record.Endpoints)
	if err != nil {
		return nil, err
	}
	out := make([][]Delivery, len(events))
	for i, e := range events {
		for _, r := range receivers {
			if d, ok := r.delivery(e, record.Of[deliveries.Key{Endpoint: r.n, Seq: e.Seq}], attempts); ok {
				out[i] = append(out[i], d)
			}
		}
	}
	return out, nil
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
	known := make(map[int64]*registered, len(s.endpoints))
	for _, one := range s.endpoints {
		known[one.endpoint.N] = one
	}
	s.mu.Unlock()
	var out []deliverer
	for n, r := range receivers {
		d := deliverer{EndpointProgress: r, n: n}
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

// delivery returns the delivery of an event; ok is false if the event doesn't
// match. record is nil if the store has none.
func (r *deliverer) delivery(e *event.Event, record *deliveries.Delivery, attempts int) (d Delivery, ok bool) {
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
		d.State = Skipped // it failed, and its retry was dropped
	case p.Due.IsZero():
		d.State = Exhausted
	case d.AttemptCount == 0 || d.Last.OK() || p.Attempts == 0 && p.Replay:
		d.State = Waiting
	default:
		d.State, d.NextAttempt = Retrying, p.Due
	}
	return d, true
}

// take fills in the fields that follow from the attempts.
func (d *Delivery) take(recorded []delivery.Attempt, attempts int) {
	d.AttemptCount = len(recorded)
	for i := range recorded {
		if recorded[i].OK() && d.DeliveredAt.IsZero() {
			d.DeliveredAt = recorded[i].Ended()
		}
	}
	if len(recorded) > 0 {
		d.Last = &recorded[len(recorded)-1]
	}
	d.Attempts = append(d.Attempts, recorded[max(0, len(recorded)-attempts):]...)
}

// unrecorded returns the state of a delivery without a record: the event is yet
// to be sent, was skipped, or doesn't match; then the state is empty. The
// settings are known only since their last change.
func (r *deliverer) unrecorded(e *event.Event) DeliveryState {
	switch {
	case r.state == "", e.Seq <= r.BeganAfter, r.BeganAfter == 0 && e.Received.Before(r.created),
		!r.filter.Match(e), worker.IsAbout(e, r.ID):
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
