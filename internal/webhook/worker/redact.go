package worker

import (
	"postern/internal/delivery"
	"postern/internal/event"
)

// redact replaces the worker's copies of events that were redacted or removed.
func (w *Worker) redact(now map[int64]*event.Event) {
	w.backlog.redact(now)
	w.redactBuffer(w.buffer, now)
	for _, r := range w.replays {
		w.redactBuffer(r.buffer, now)
	}
	for _, d := range w.inFlight {
		if left := now[d.Event.Seq]; left != nil {
			d.Event = left // what the receiver will say of it isn't kept
		}
	}
	for seq, e := range now {
		if e.IsRemoved() {
			w.exhausted.Remove(seq) // there is nothing to send again
		}
	}
	w.expireRetries(w.retries.takeIf(func(p *delivery.Pending) bool {
		e := now[p.Seq]
		return e != nil && e.IsRemoved()
	})...)
	if w.blocking != nil && now[w.blocking.Seq] != nil {
		if w.blocking = now[w.blocking.Seq]; w.blocking.IsRemoved() {
			w.blocking = nil
		}
	}
	// Storm control remembers people's names. It forgets all of them: at
	// worst an event too many is sent.
	clear(w.dedup.seen)
	for _, last := range []**delivery.Attempt{&w.status.Last, &w.status.LastError} {
		if *last != nil && now[(*last).Seq] != nil {
			*last = nil
		}
	}
	w.publish()
}

// redactBuffer replaces events that were read and not sent yet.
func (w *Worker) redactBuffer(buffer []*event.Event, now map[int64]*event.Event) {
	for i, e := range buffer {
		if left := now[e.Seq]; left != nil {
			buffer[i] = left
		}
	}
}
