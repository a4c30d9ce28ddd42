package hub

import (
	"context"
	"fmt"

	"postern/internal/event"
)

// Mode says what a subscription does after a ring miss.
type Mode int

const (
	// Live skips the missed events and returns their number.
	Live Mode = iota
	// Durable reads on from the log, and misses only the events that retention
	// has removed.
	Durable
)

// FromNow is the start position after the newest event, for Subscribe.
const FromNow = -1

// Subscription is a reader of the log with a cursor. Only one goroutine at a time
// may use it, except for Close.
type Subscription struct {
	hub    *Hub
	filter event.Filter
	types  event.TypeSet // the types of events that wake the reader
	mode   Mode
	after  int64
	ready  chan struct{}
	due    func() // called in place of ready, if not nil
}

// Batch is what one Poll read.
type Batch struct {
	Events []*event.Event
	// Missed counts the events that were skipped before Events, matching or not,
	// and the removed events among Events that may be of the filter's types.
	Missed int64
	// More says that another Poll returns more at once.
	More bool

	bytes int64 // of Events
}

// Subscribe starts reading after a sequence number; FromNow means new events
// only. The caller closes the subscription.
func (h *Hub) Subscribe(f event.Filter, after int64, mode Mode) *Subscription {
	return h.SubscribeFunc(f, after, mode, nil)
}

// SubscribeFunc is Subscribe for a reader that schedules itself among many: the
// hub calls due in place of sending to Ready. due must not block, nor call the
// hub. It isn't called after Close.
func (h *Hub) SubscribeFunc(f event.Filter, after int64, mode Mode, due func()) *Subscription {
	s := &Subscription{hub: h, filter: f, types: f.Types, mode: mode, after: after, ready: make(chan struct{}, 1), due: due}
	if after == FromNow {
		s.after = h.Head()
	} else if after < 0 {
		s.after = 0
	}
	h.mu.Lock()
	h.subs[s] = struct{}{}
	h.mu.Unlock()
	s.notify()
	return s
}

// Ready receives when Poll may return something, and when the hub has closed. It
// doesn't receive for events of types that the filter leaves out.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Recent reports whether Poll can answer from memory, without reading the log.
func (s *Subscription) Recent() bool {
	return s.after >= s.hub.Head() || s.hub.ring.get(s.after+1) != nil
}

// Position returns the sequence number through which the subscription has
// read.
func (s *Subscription) Position() int64 { return s.after }

// Close ends the subscription.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.subs, s)
}

func (s *Subscription) notify() {
	if s.due != nil {
		s.due()
		return
	}
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Poll returns at most limit matching events, and about Options.ReadBytes,
// without waiting for new ones. An empty batch means that the reader has caught
// up. Ready receives again while there is more to read, so a reader may call
// Poll once for each. After the hub has closed and everything was read, Poll
// returns ErrClosed.
func (s *Subscription) Poll(ctx context.Context, limit int) (Batch, error) {
	return s.PollInto(ctx, nil, limit)
}

// PollInto is Poll with a slice for the batch's events, which it overwrites.
func (s *Subscription) PollInto(ctx context.Context, room []*event.Event, limit int) (Batch, error) {
	b := Batch{Events: room[:0]}
	// This is read before the head: once the hub has closed, the head stays.
	closed := received(s.hub.done)
	caughtUp := false
	for len(b.Events) < limit && b.bytes < s.hub.reads {
		head := s.hub.Head()
		if s.after >= head {
			caughtUp = true
			break
		}
		next := s.after + 1
		first := s.hub.log.First()
		if e := s.hub.ring.get(next); e != nil && next >= first {
			switch {
			case e.IsRemoved():
				if s.wants(e.Type) {
					b.Missed++
				}
			case s.filter.Match(e):
				b.Events = append(b.Events, e)
				b.bytes += e.Size()
			}
			s.after = next
			continue
		}
		if len(b.Events) > 0 && (s.mode == Live || next < first) {
			break // report the missed events before the next batch's
		}
		if s.mode == Live {
			to := s.hub.resumeAt(next, head)
			b.Missed += to - s.after
			s.hub.counters.skipped.Add(to - s.after)
			s.after = to
			continue
		}
		if err := s.readLog(ctx, &b, limit); err != nil {
			if len(b.Events) == 0 && b.Missed == 0 {
				return b, err
			}
			break // return the events first; the next Poll meets the error again
		}
	}
	b.More = !caughtUp
	switch read := len(b.Events) > 0 || b.Missed > 0; {
	case !caughtUp, closed && read:
		s.notify()
	case closed:
		return b, ErrClosed
	}
	return b, nil
}

// wants reports whether the filter asks for a type.
func (s *Subscription) wants(t event.Type) bool { return s.types == 0 || s.types.Has(t) }

// readLog reads from the log after a ring miss.
func (s *Subscription) readLog(ctx context.Context, b *Batch, limit int) error {
	if first := s.hub.log.First(); s.after+1 < first {
		if len(b.Events) == 0 {
			b.Missed += first - 1 - s.after
			s.after = first - 1
		}
		return nil
	}
	s.hub.counters.ringMisses.Add(1)
	events, through, err := s.hub.log.Read(ctx, s.after, s.types, limit-len(b.Events))
	if err != nil {
		return fmt.Errorf("read the log after %d: %w", s.after, err)
	}
	if s.hub.log.First() > s.after+1 {
		return nil // retention removed events meanwhile; count them first
	}
	if through <= s.after {
		// The log has lost the events to read.
		through = s.after + 1
		b.Missed++
	}
	gone, err := s.hub.log.SequenceGap(ctx, s.after, through, s.types)
	if err != nil {
		return fmt.Errorf("read the log after %d: %w", s.after, err)
	}
	b.Missed += gone
	for _, e := range events {
		if s.filter.Match(e) {
			b.Events = append(b.Events, e)
			b.bytes += e.Size()
		}
	}
	s.after = through
	return nil
}

// resumeAt returns the sequence number through which a live subscription skips
// after a ring miss. That is a little inside the ring, whose oldest events are
// pushed out meanwhile, and not before the oldest event that retention has kept.
func (h *Hub) resumeAt(next, head int64) int64 {
	oldest := h.ring.oldest()
	inside := oldest - 1 + (head-oldest+1)/16
	return max(min(head, max(inside, h.log.First()-1)), next)
}

// firstInRing returns the oldest sequence number that the ring holds and the log
// still keeps: events that retention has removed aren't returned from memory.
func (h *Hub) firstInRing() int64 { return max(h.ring.oldest(), h.log.First()) }
