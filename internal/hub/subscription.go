package hub

import (
	"context"
	"fmt"

	"postern/internal/event"
)

// Mode says what a subscription does when it has fallen out of the ring.
type Mode int

const (
	// Live skips what it missed and says how many events that were.
	Live Mode = iota
	// Durable reads on from the log and misses only what retention has
	// removed from it.
	Durable
)

// FromNow is the place after the newest event, for Subscribe.
const FromNow = -1

// Subscription is a reader's place in the log. It belongs to one goroutine at
// a time, but for Close.
type Subscription struct {
	hub    *Hub
	filter event.Filter
	types  event.TypeSet // what to be woken for
	mode   Mode
	after  int64
	ready  chan struct{}
	due    func() // called instead of a receive from ready; nil for none
}

// Batch is what one Poll read.
type Batch struct {
	Events []*event.Event
	// Missed is how many events of the log, matching or not, were skipped
	// before these or, where they are gone from the middle, among them; of
	// those, only what may be of the filter's types.
	Missed int64
	// More says that there is more to Poll at once.
	More bool

	bytes int64 // of Events
}

// Subscribe starts reading after the given sequence number (FromNow for only
// what comes). The caller closes the subscription.
func (h *Hub) Subscribe(f event.Filter, after int64, mode Mode) *Subscription {
	return h.SubscribeFunc(f, after, mode, nil)
}

// SubscribeFunc is Subscribe for a reader that is one of many and is woken by
// its own rules: due is called whenever Ready would receive, and Ready never
// does. It must not block, nor call the hub, and isn't called after Close.
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

// Ready receives when there may be something to Poll, and when the hub has
// closed. It never receives for events of types that the filter leaves out.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Recent reports whether what comes next is in memory, if there is anything,
// so that Poll won't wait for the log.
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

// Poll reads at most limit matching events, and about Options.ReadBytes, without
// waiting for any to come. An
// empty batch means that the reader has caught up. Ready receives again while
// there is more to learn, so that a reader may look once each time. After the
// hub has closed and everything was read it returns ErrClosed.
func (s *Subscription) Poll(ctx context.Context, limit int) (Batch, error) {
	return s.PollInto(ctx, nil, limit)
}

// PollInto is Poll with room for the batch's events, which it overwrites.
func (s *Subscription) PollInto(ctx context.Context, room []*event.Event, limit int) (Batch, error) {
	b := Batch{Events: room[:0]}
	// Asked before the head is: what a hub that was closed by now has
	// committed is all there will be.
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
			case e.IsGone():
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
			break // what is missed now goes before the next batch's events
		}
		if s.mode == Live {
			to := s.hub.landing(next, head)
			b.Missed += to - s.after
			s.hub.counters.skipped.Add(to - s.after)
			s.after = to
			continue
		}
		if err := s.readLog(ctx, &b, limit); err != nil {
			if len(b.Events) == 0 && b.Missed == 0 {
				return b, err
			}
			break // the reader is past what it has in hand; the error can wait
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

// readLog reads on from the log where the ring no longer reaches.
func (s *Subscription) readLog(ctx context.Context, b *Batch, limit int) error {
	if first := s.hub.log.First(); s.after+1 < first {
		if len(b.Events) == 0 {
			b.Missed += first - 1 - s.after
			s.after = first - 1
		}
		return nil
	}
	s.hub.counters.fallen.Add(1)
	events, through, err := s.hub.log.Read(ctx, s.after, s.types, limit-len(b.Events))
	if err != nil {
		return fmt.Errorf("read the log after %d: %w", s.after, err)
	}
	if s.hub.log.First() > s.after+1 {
		return nil // retention went on meanwhile; what it took is counted first
	}
	if through <= s.after {
		// The log has lost the very events that were to be read.
		through = s.after + 1
		b.Missed++
	}
	gone, err := s.hub.log.Missing(ctx, s.after, through, s.types)
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

// landing returns the number through which a live reader that can't have next
// skips: a little inside the ring, which moves on meanwhile, and no further
// than to what retention has left.
func (h *Hub) landing(next, head int64) int64 {
	oldest := h.ring.oldest()
	inside := oldest - 1 + (head-oldest+1)/16
	return max(min(head, max(inside, h.log.First()-1)), next)
}

// firstHeld returns the oldest sequence number that the ring holds and the
// log still keeps: what retention has removed is not to be shown from memory.
func (h *Hub) firstHeld() int64 { return max(h.ring.oldest(), h.log.First()) }
