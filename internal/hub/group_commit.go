package hub

import (
	"context"
	"runtime"
	"slices"
	"time"

	"postern/internal/event"
)

// maxGroupEvents is the most events of one group, so that a small request
// doesn't wait for a flood of large ones.
const maxGroupEvents = 10_000

// maxCommitTime bounds what is taken for the time of a commit. Times of arrival may be
// those of a clock that was set since.
const maxCommitTime = time.Minute

// gather lets concurrent publishers join the next group: it yields the processor
// as long as that adds publications. Without concurrent publishers it takes no
// time; under load commits are fewer and larger.
func (h *Hub) gather() {
	for before, now := 0, h.pendingCount(); before < now && now < maxGroupEvents; before, now = now, h.pendingCount() {
		runtime.Gosched()
	}
}

// nextGroup moves pending publications into the group, and returns the number of
// their events. The caller is the leader.
func (h *Hub) nextGroup() (size int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for n < len(h.pending) && (n == 0 || size+len(h.pending[n].batch.Events) <= maxGroupEvents) {
		size += len(h.pending[n].batch.Events)
		n++
	}
	h.group = append(h.group, h.pending[:n]...)
	h.pending = slices.Delete(h.pending, 0, n)
	for _, p := range h.group {
		h.batches = append(h.batches, &p.batch)
	}
	return size
}

// commit appends the next group to the log, puts its events into the ring, and
// wakes readers and publishers. The caller is the leader.
func (h *Hub) commit(ctx context.Context) {
	h.gather()
	size := h.nextGroup()
	group := h.group
	span := h.traceCommit(group, size)
	err := h.log.Append(ctx, h.batches)
	span.End(err)
	if err == nil {
		h.counters.groups.Observe(float64(size))
	}
	var types event.TypeSet
	committed := time.Now()
	for _, p := range group {
		switch {
		case err != nil:
			p.err = err
		case p.batch.Err != nil:
			p.err = p.batch.Err
		default:
			h.traceEvents(p) // before a delivery worker can read them
			types |= h.addToRing(p.batch.Events, committed)
			h.counters.duplicates.Add(int64(p.batch.Duplicates + p.batch.Echoes))
		}
	}
	if types != 0 {
		h.wake(types)
	}
	for i, p := range group {
		group[i], h.batches[i] = nil, nil
		p.done <- struct{}{} // from here on p belongs to its publisher
	}
	h.group, h.batches = group[:0], h.batches[:0]
}

// addToRing puts committed events into the ring and returns their types.
func (h *Hub) addToRing(events []*event.Event, committed time.Time) (types event.TypeSet) {
	for _, e := range events {
		if e.Seq == 0 { // a duplicate
			continue
		}
		if took := committed.Sub(e.Received); took > 0 && took < maxCommitTime {
			e.CommitTook = took
		}
		types |= event.Types(e.Type)
		h.ring.push(e)
		h.counters.accept(e.Type)
	}
	return types
}

// wake notifies the subscriptions to any of the types.
func (h *Hub) wake(types event.TypeSet) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		if s.types == 0 || s.types&event.AllTypes != 0 || s.types&types != 0 {
			s.notify()
		}
	}
}

// pendingCount returns the number of publications that are in no group yet.
func (h *Hub) pendingCount() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pending)
}
