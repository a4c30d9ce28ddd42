package hub

import "postern/internal/trace"

// traceCommit starts the span of a group commit.
func (h *Hub) traceCommit(group []*publication, events int) *trace.Commit {
	if h.tracer == nil {
		return nil
	}
	var requests []*trace.Request
	for _, p := range group {
		if p.request != nil {
			requests = append(requests, p.request)
		}
	}
	return h.tracer.Commit(requests, events, len(group))
}

// traceEvents records which request brought the committed events. Apart from
// duplicates they have consecutive sequence numbers.
func (h *Hub) traceEvents(p *publication) {
	if h.tracer == nil || p.request == nil {
		return
	}
	var first, last int64
	for _, e := range p.batch.Events {
		if e.Seq != 0 {
			if last = e.Seq; first == 0 {
				first = e.Seq
			}
		}
	}
	if first != 0 {
		h.tracer.Remember(p.request, first, last)
	}
}
