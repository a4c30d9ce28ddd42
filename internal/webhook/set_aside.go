package webhook

import (
	"context"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
)

// ErrNotWaiting means that an event doesn't wait for a retry at a webhook.
var ErrNotWaiting = problem.New(problem.Conflict, "This event doesn't wait for a retry at this webhook. It may have been delivered or exhausted meanwhile.")

// SetAside exhausts the delivery of an event that waits for a retry, so that an
// ordered webhook continues with the events behind it. The event stays visible
// and can be resent. A delivery in flight is exhausted if it fails. Its errors
// are ErrNotFound, event.ErrNotFound, ErrNotWaiting and ErrStopped.
func (s *Service) SetAside(ctx context.Context, id, eventID string) error {
	e, err := s.hub.Find(ctx, eventID, func(string) bool { return true })
	if err != nil {
		return err
	}
	found, err := s.settled(ctx, id, func(l *lane) int {
		if !l.setAside(e.Seq, time.Now()) {
			return 0
		}
		return 1
	})
	if err == nil && found == 0 {
		return ErrNotWaiting
	}
	return err
}

// setAside exhausts a delivery, and reports whether there was one. An ordered
// lane that was failing only because of it delivers again.
func (l *lane) setAside(seq int64, now time.Time) bool {
	blocked := l.blocking != nil && l.blocking.Seq == seq
	if d := l.inFlight[taskKey{seq: seq}]; d != nil {
		d.setAside = true
	} else if p, ok := l.waiting.take(seq); ok {
		l.exhaust(p)
	} else {
		return false
	}
	if !blocked {
		return true
	}
	l.blocking = nil
	l.health.refused, l.health.suspect = 0, false
	switch {
	case !l.health.failing():
	case l.waiting.len() == 0:
		l.more = true
		l.changeState(delivery.Active, event.WebhookRecovered, now, "A person set the refused event aside.")
	default:
		l.health.probeAt = now
	}
	return true
}

// setsAside reports whether the lane is ordered and sets refused events aside.
func (l *lane) setsAside() bool { return l.settings.OnRejected == delivery.RejectSetAside }

// notRefused takes out the first delivery that waits and isn't known to be
// refused: it got no answer, or Postern was restarted since.
func (l *lane) notRefused() (delivery.Pending, bool) {
	first := int64(0)
	for seq := range l.waiting.seqs {
		if !l.notes[seq].refused && (first == 0 || seq < first) {
			first = seq
		}
	}
	return l.waiting.take(first)
}

// passed handles an event that an ordered lane's receiver has accepted. It sets
// the refused events before it aside: the lane sends a later event only where
// its settings allow that.
func (l *lane) passed(seq int64) {
	l.blocking = nil
	var aside []delivery.Pending
	for at := range l.waiting.seqs {
		if at < seq && l.notes[at].refused && l.setsAside() {
			aside = append(aside, delivery.Pending{Seq: at})
		}
	}
	slices.SortFunc(aside, func(a, b delivery.Pending) int { return int(a.Seq - b.Seq) })
	for _, one := range aside {
		if p, ok := l.waiting.take(one.Seq); ok {
			l.exhaust(p)
		}
	}
}
