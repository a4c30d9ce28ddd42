package worker

import (
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// setAside exhausts a delivery, and reports whether there was one. An ordered
// worker that was failing only because of it delivers again.
func (w *Worker) setAside(seq int64, now time.Time) bool {
	blocked := w.blocking != nil && w.blocking.Seq == seq
	if d := w.inFlight[taskKey{seq: seq}]; d != nil {
		d.setAside = true
	} else if p, ok := w.retries.take(seq); ok {
		p.Aside = true
		w.exhaust(p)
	} else {
		return false
	}
	if !blocked {
		return true
	}
	w.blocking = nil
	w.health.refused, w.health.suspect = 0, false
	switch {
	case !w.health.failing():
	case w.retries.len() == 0:
		w.unreadEvents = true
		w.changeState(delivery.Active, event.WebhookRecovered, now, "A person set the refused event aside.")
	default:
		w.health.probeAt = now
	}
	return true
}

// setsAside reports whether the worker is ordered and sets refused events
// aside.
func (w *Worker) setsAside() bool { return w.settings.OnRejected == delivery.RejectSetAside }

// notRefused takes the first retry that isn't known to be refused: its attempts
// got no answer, or Postern was restarted since.
func (w *Worker) notRefused() (delivery.Pending, bool) {
	first := int64(0)
	for seq := range w.retries.seqs {
		if !w.attemptNotes[seq].refused && (first == 0 || seq < first) {
			first = seq
		}
	}
	return w.retries.take(first)
}

// passed handles an event that an ordered worker's receiver has accepted. It
// sets the refused events before it aside: the worker sends a later event only
// if its settings allow that.
func (w *Worker) passed(seq int64) {
	w.blocking = nil
	var aside []delivery.Pending
	for at := range w.retries.seqs {
		if at < seq && w.attemptNotes[at].refused && w.setsAside() {
			aside = append(aside, delivery.Pending{Seq: at})
		}
	}
	slices.SortFunc(aside, func(a, b delivery.Pending) int { return int(a.Seq - b.Seq) })
	for _, one := range aside {
		if p, ok := w.retries.take(one.Seq); ok {
			p.Aside = true
			w.exhaust(p)
		}
	}
}
