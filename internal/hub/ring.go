package hub

import (
	"sync/atomic"

	"postern/internal/event"
)

// ring holds the newest events by sequence number. One goroutine at a time
// pushes; any number read without a lock, and find out by the number of what
// they loaded whether it is still what they wanted.
//
// It is bounded by events and by bytes: large events push more than one out.
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

// replace puts another event in the place of the one with its number, if the
// ring holds that. Nobody pushes meanwhile.
func (r *ring) replace(e *event.Event) {
	if r.get(e.Seq) != nil {
		r.set(r.slot(e.Seq), e)
	}
}

// get returns the event with the number, or nil when the ring doesn't hold it.
func (r *ring) get(seq int64) *event.Event {
	e := r.slot(seq).Load()
	if e == nil || e.Seq != seq {
		return nil
	}
	return e
}

// oldest returns the lowest number that the ring can hold now.
func (r *ring) oldest() int64 { return max(1, r.tail.Load(), r.head.Load()-int64(len(r.slots))+1) }
