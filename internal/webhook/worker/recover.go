package worker

import (
	"context"
	"errors"
	"slices"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/store/deliveries"
)

// eventReader reads the events of a replay: a hub.Subscription, or the undelivered events of
// a recovery.
type eventReader interface {
	Poll(ctx context.Context, limit int) (hub.Batch, error)
	Position() int64
	Close()
}

// Undelivered reads the events that weren't delivered to an endpoint for some causes,
// by what is stored. It reads bounded parts of the record, so that a recovery of a
// million events has a few hundred of them in memory. Its zero value isn't usable.
type Undelivered struct {
	Store    *store.Store
	Hub      *hub.Hub
	Endpoint int64
	Causes   delivery.Causes
	After    int64 // it has read up to here
	Through  int64
	// Each, if not nil, is called for each event that is returned, with its cause.
	Each func(*event.Event, delivery.Causes)
}

// Position returns the sequence number up to which it has read.
func (u *Undelivered) Position() int64 { return u.After }

// Close does nothing: it holds nothing open.
func (u *Undelivered) Close() {}

// Poll returns the next events, in the order of the log; at most limit. Missed counts
// the events on record that retention has removed. A batch may be empty and not the
// last.
func (u *Undelivered) Poll(ctx context.Context, limit int) (hub.Batch, error) {
	var b hub.Batch
	seqs, next, err := u.Store.Deliveries.Undelivered(ctx, u.Endpoint, u.Causes, u.After, u.Through, min(limit, deliveries.MaxEvents))
	if err != nil {
		return b, err
	}
	var events []*event.Event
	bytes := int64(0)
	for i, seq := range seqs {
		e, err := u.Hub.At(ctx, seq)
		if errors.Is(err, event.ErrNotFound) {
			b.Missed++
			continue
		}
		if err != nil {
			return hub.Batch{}, err
		}
		events = append(events, e)
		if bytes += e.Size(); bytes >= u.Hub.ReadBytes() && i+1 < len(seqs) {
			next = seq
			break
		}
	}
	if b.Events, err = u.undelivered(ctx, events); err != nil {
		return hub.Batch{}, err
	}
	u.After = next
	b.More = u.After < u.Through
	return b, nil
}

// undelivered returns the events whose delivery has one of the causes.
func (u *Undelivered) undelivered(ctx context.Context, events []*event.Event) (out []*event.Event, err error) {
	seqs := make([]int64, len(events))
	for i, e := range events {
		seqs[i] = e.Seq
	}
	records, err := u.Store.Deliveries.FindAt(ctx, u.Endpoint, seqs)
	if err != nil {
		return nil, err
	}
	p := records.Endpoints[u.Endpoint]
	if p == nil {
		return nil, nil // it was removed
	}
	for _, e := range events {
		d := p.Delivery(e, records.Of[deliveries.Key{Endpoint: u.Endpoint, Seq: e.Seq}])
		if cause := d.Cause(); cause&u.Causes != 0 {
			out = append(out, e)
			if u.Each != nil {
				u.Each(e, cause)
			}
		}
	}
	return out, nil
}

// recovers reports whether the replay is of a recovery.
func (r *replay) recovers() bool { return r.kept.Causes != 0 }

// forget takes an event that has been delivered otherwise out of what the recovery has
// read.
func (r *replay) forget(seq int64) {
	if i := slices.IndexFunc(r.buffer, func(e *event.Event) bool { return e.Seq == seq }); i >= 0 {
		r.buffer = slices.Delete(r.buffer, i, i+1)
	}
}

// forgetUnsettled takes the events out of what a recovery has just read that were
// delivered, but not by what is stored yet.
func (w *Worker) forgetUnsettled(r *replay) {
	for _, b := range []*batch{w.batch, w.settling} {
		for i := 0; b != nil && i < len(b.Attempts); i++ {
			if b.Attempts[i].OK() {
				r.forget(b.Attempts[i].Seq)
			}
		}
	}
}

// isRecoverable reports whether a recovery may send an event now: nothing else is going
// to send it.
func (w *Worker) isRecoverable(seq int64) bool {
	if w.isOpen(seq) || w.retries.has(seq) {
		return false
	}
	return seq <= w.position() || w.exhausted.Has(seq)
}

// isOpen reports whether a request with the event is in flight.
func (w *Worker) isOpen(seq int64) bool {
	_, open := w.inFlight[taskKey{seq: seq}]
	return open || slices.ContainsFunc(w.replays, func(r *replay) bool { return r.open[seq] })
}
