package webhook

import (
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// rewritten lets every lane forget what events of the log were before they
// were erased or removed. It returns once they have, so that nothing of them
// is sent any more: what is on its way by then had been sent before.
func (s *Service) rewritten(events []*event.Event) {
	defer s.rules.payloads.Forget() // when no lane makes another of them
	now := make(map[int64]*event.Event, len(events))
	for _, e := range events {
		now[e.Seq] = e
	}
	s.mu.Lock()
	running := s.running
	var lanes []*lane
	for _, r := range s.endpoints {
		lanes = append(lanes, r.lane)
	}
	s.mu.Unlock()
	told := make([]chan struct{}, len(lanes))
	for i, l := range lanes {
		done := make(chan struct{})
		told[i] = done
		// One that takes no orders any more has ended.
		l.orders.order(func() {
			l.rewrite(now)
			close(done)
		})
	}
	if !running {
		return // a lane that hasn't begun reads the log as it is then
	}
	timer := time.NewTimer(obeyTime)
	defer timer.Stop()
	for i, done := range told {
		select {
		case <-done:
		case <-lanes[i].orders.ended:
		case <-timer.C:
			return // it can't read the log yet, and so holds nothing
		}
	}
}

// rewrite puts what events have become in the place of what the lane holds of
// them.
func (l *lane) rewrite(now map[int64]*event.Event) {
	l.backlog.rewrite(now)
	l.rewriteBuffer(l.buffer, now)
	for _, r := range l.replays {
		l.rewriteBuffer(r.buffer, now)
	}
	for _, d := range l.inFlight {
		if left := now[d.Event.Seq]; left != nil {
			d.Event = left // what the receiver will say of it isn't kept
		}
	}
	for seq, e := range now {
		if e.IsGone() {
			l.exhausted.Remove(seq) // there is nothing to send again
		}
	}
	l.expireRetries(l.waiting.takeIf(func(p *delivery.Pending) bool {
		e := now[p.Seq]
		return e != nil && e.IsGone()
	})...)
	if l.blocking != nil && now[l.blocking.Seq] != nil {
		if l.blocking = now[l.blocking.Seq]; l.blocking.IsGone() {
			l.blocking = nil
		}
	}
	// Names of people are what storm control remembers. It forgets all of
	// them: at worst an event too many is sent.
	clear(l.storm.seen)
	for _, last := range []**delivery.Attempt{&l.status.Last, &l.status.LastError} {
		if *last != nil && now[(*last).Seq] != nil {
			*last = nil
		}
	}
	l.publish()
}

// rewriteBuffer replaces events that were read and not sent yet.
func (l *lane) rewriteBuffer(buffer []*event.Event, now map[int64]*event.Event) {
	for i, e := range buffer {
		if left := now[e.Seq]; left != nil {
			buffer[i] = left
		}
	}
}
