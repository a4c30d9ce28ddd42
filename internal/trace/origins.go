package trace

import (
	"sort"
	"sync"

	otel "go.opentelemetry.io/otel/trace"
)

// maxOrigins is how many requests are remembered, the newest: 48 bytes each,
// 3 MiB in all.
const maxOrigins = 1 << 16

// origins are the requests that brought the newest events. The zero value
// works.
type origins struct {
	mu   sync.RWMutex
	ring []origin // in order of numbers from ring[next]
	next int      // where the next one goes, once the ring is full
}

// origin is a request by the range of sequence numbers of its events. It has
// no pointer, so that the collector of garbage doesn't look at it.
type origin struct {
	first, last int64
	trace       otel.TraceID
	span        otel.SpanID
	flags       otel.TraceFlags
}

func (o *origins) put(first, last int64, c otel.SpanContext) {
	o.mu.Lock()
	defer o.mu.Unlock()
	made := origin{first: first, last: last, trace: c.TraceID(), span: c.SpanID(), flags: c.TraceFlags()}
	if len(o.ring) < maxOrigins {
		o.ring = append(o.ring, made)
		return
	}
	o.ring[o.next] = made
	o.next = (o.next + 1) % maxOrigins
}

// of returns the request that brought an event.
func (o *origins) of(seq int64) (otel.SpanContext, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	n := len(o.ring)
	i := sort.Search(n, func(i int) bool { return o.ring[(o.next+i)%n].last >= seq })
	if i == n {
		return otel.SpanContext{}, false
	}
	found := o.ring[(o.next+i)%n]
	if found.first > seq {
		return otel.SpanContext{}, false
	}
	return otel.NewSpanContext(otel.SpanContextConfig{TraceID: found.trace, SpanID: found.span, TraceFlags: found.flags}), true
}
