package hub

import (
	"sync/atomic"

	"postern/internal/event"
)

// ring holds the newest events by sequence number. One goroutine at a time
// pushes; any number read without a lock, and find out by the number of what
// they loaded whether it is still what they wanted.
type ring struct {
	slots []atomic.Pointer[event.Event]
	head  atomic.Int64
}

func newRing(size int) *ring { return &ring{slots: make([]atomic.Pointer[event.Event], size)} }

// push adds the event after the head.
func (r *ring) push(e *event.Event) {
	r.slots[int(e.Seq%int64(len(r.slots)))].Store(e)
	r.head.Store(e.Seq)
}

// replace puts another event in the place of the one with its number, if the
// ring holds that. Nobody pushes meanwhile.
func (r *ring) replace(e *event.Event) {
	if slot := &r.slots[int(e.Seq%int64(len(r.slots)))]; r.get(e.Seq) != nil {
		slot.Store(e)
	}
}

// get returns the event with the number, or nil when the ring doesn't hold it.
func (r *ring) get(seq int64) *event.Event {
	e := r.slots[int(seq%int64(len(r.slots)))].Load()
	if e == nil || e.Seq != seq {
		return nil
	}
	return e
}

// oldest returns the lowest number that the ring can hold now.
func (r *ring) oldest() int64 { return max(1, r.head.Load()-int64(len(r.slots))+1) }
