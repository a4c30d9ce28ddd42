package hub

import (
	"sync/atomic"

	"postern/internal/event"
)

// ring holds the newest events by sequence number. One goroutine at a time
// pushes. Any number of goroutines read without a lock: a reader compares the
// sequence number of the event that it loaded with the one that it wanted.
//
// The ring is limited in events and in bytes: a large event pushes out several.
type ring struct {
	slots []atomic.Pointer[event.Event]
	head  atomic.Int64
	tail  atomic.Int64 // the lowest sequence number in the ring

	bytes, most int64 // in use, and the limit; only the pusher reads them
}

func newRing(size int, bytes int64) *ring {
	return &ring{slots: make([]atomic.Pointer[event.Event], size), most: bytes}
}

func (r *ring) slot(seq int64) *atomic.Pointer[event.Event] {
	return &r.slots[int(seq%int64(len(r.slots)))]
}

// set puts an event, or nil, into a slot and counts the bytes.
func (r *ring) set(slot *atomic.Pointer[event.Event], e *event.Event) {
	if old := slot.Load(); old != nil {
		r.bytes -= old.Size()
	}
	if e != nil {
		r.bytes += e.Size()
	}
	slot.Store(e)
}

// push adds the event after the head.
func (r *ring) push(e *event.Event) {
	r.set(r.slot(e.Seq), e)
	tail := max(r.tail.Load(), e.Seq-int64(len(r.slots))+1)
	for ; r.bytes > r.most && tail < e.Seq; tail++ {
		if slot := r.slot(tail); r.get(tail) != nil {
			r.set(slot, nil)
		}
	}
	r.tail.Store(tail)
	r.head.Store(e.Seq)
}

// replace replaces the event with e's sequence number, if the ring holds it. No
// goroutine may push at the same time.
func (r *ring) replace(e *event.Event) {
	if r.get(e.Seq) != nil {
		r.set(r.slot(e.Seq), e)
	}
}

// get returns the event with the sequence number; nil after a ring miss.
func (r *ring) get(seq int64) *event.Event {
	e := r.slot(seq).Load()
	if e == nil || e.Seq != seq {
		return nil
	}
	return e
}

// oldest returns the lowest sequence number that the ring can hold now.
func (r *ring) oldest() int64 { return max(1, r.tail.Load(), r.head.Load()-int64(len(r.slots))+1) }
