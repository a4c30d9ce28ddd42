package hub

import "postern/internal/event"

// OnRewritten makes the hub call f after events of the log have become others
// and nobody gets the former ones from the hub any more. Call it before the
// log is written.
func (h *Hub) OnRewritten(f func([]*event.Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rewritten = append(h.rewritten, f)
}

// replace puts what events have become into the ring, and tells who may hold
// the former ones.
func (h *Hub) replace(events []*event.Event) {
	// With the lead nothing is on its way from the log into the ring.
	h.lead <- struct{}{}
	for _, e := range events {
		h.ring.replace(e)
	}
	h.mu.Lock()
	tell := h.rewritten
	h.mu.Unlock()
	<-h.lead
	for _, f := range tell {
		f(events)
	}
}
