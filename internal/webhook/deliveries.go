package webhook

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// maxEventAttempts is how many attempts of an event at one webhook are
// returned.
const maxEventAttempts = 100

// Deliveries returns the deliveries of each event that is for a webhook or was sent to
// it, oldest webhook first, of at most deliveries.MaxEvents events. It is quickest for
// events that are near each other in the log.
func (s *Service) Deliveries(ctx context.Context, events []*event.Event) ([][]delivery.Delivery, error) {
	all, err := s.deliveries(ctx, events)
	for i := range all {
		all[i] = slices.DeleteFunc(all[i], func(d delivery.Delivery) bool { return d.State == delivery.NotSent })
	}
	return all, err
}

// EventDeliveries returns the delivery of an event to every webhook, also to those that
// the event isn't for, each with its newest attempts: at most 100.
func (s *Service) EventDeliveries(ctx context.Context, e *event.Event) ([]delivery.Delivery, error) {
	all, err := s.deliveries(ctx, []*event.Event{e})
	if err != nil {
		return nil, err
	}
	for i := range all[0] {
		d := &all[0][i]
		d.Attempts = d.Attempts[max(0, len(d.Attempts)-maxEventAttempts):]
	}
	return all[0], nil
}

// deliveries returns the delivery of each event to every webhook, oldest webhook first.
func (s *Service) deliveries(ctx context.Context, events []*event.Event) ([][]delivery.Delivery, error) {
	seqs := make([]int64, len(events))
	for i, e := range events {
		seqs[i] = e.Seq
	}
	record, err := s.store.Deliveries.Find(ctx, seqs)
	if err != nil {
		return nil, err
	}
	states := s.states()
	receivers := slices.SortedFunc(maps.Values(record.Endpoints), func(a, b *delivery.Progress) int { return cmp.Compare(a.N, b.N) })
	out := make([][]delivery.Delivery, len(events))
	for i, e := range events {
		for _, r := range receivers {
			known := record.Of[deliveries.Key{Endpoint: r.N, Seq: e.Seq}]
			if r.Removed && (known == nil || len(known.Attempts) == 0) {
				continue
			}
			d := r.Delivery(e, known)
			d.Webhook = states[r.N]
			out[i] = append(out[i], d)
		}
	}
	return out, nil
}

// states returns the states of the endpoints by their N.
func (s *Service) states() map[int64]delivery.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	states := make(map[int64]delivery.State, len(s.endpoints))
	for _, one := range s.endpoints {
		states[one.endpoint.N] = one.worker.State()
	}
	return states
}
