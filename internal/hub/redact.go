package hub

import "postern/internal/event"

// OnRedacted makes the hub call f after events of the log were redacted or
// removed, or have got or lost their snapshot (event.Event.Redacted tells). By then
// the hub returns the old events to no reader. Call it before the log is written.
func (h *Hub) OnRedacted(f func([]*event.Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onRedacted = append(h.onRedacted, f)
}

// replace puts redacted and removed events into the ring, and calls the
// functions that OnRedacted registered.
func (h *Hub) replace(events []*event.Event) {
	// While this goroutine is the leader, no commit changes the ring.
	h.leader <- struct{}{}
	for _, e := range events {
		h.ring.replace(e)
	}
	h.mu.Lock()
	tell := h.onRedacted
	h.mu.Unlock()
	<-h.leader
	for _, f := range tell {
		f(events)
	}
}
