package hub

import (
	"sync/atomic"

	"postern/internal/event"
	"postern/internal/metrics"
)

// Metrics are the hub's figures since it was created.
type Metrics struct {
	Accepted   [event.SystemError + 1]int64 // by event.Type
	Duplicates int64                        // events that are in the log already
	Groups     *metrics.Histogram           // sizes of the commit groups, in events
	Readers    int                          // open subscriptions
	// RingMisses counts the reads of the log by durable subscriptions.
	RingMisses int64
	// Skipped counts the events that live subscriptions skipped after ring misses.
	Skipped int64
}

// counters hold the values of Metrics.
type counters struct {
	accepted            [event.SystemError + 1]atomic.Int64
	duplicates          atomic.Int64
	groups              *metrics.Histogram
	ringMisses, skipped atomic.Int64
}

func newCounters() counters {
	return counters{groups: metrics.NewHistogram("postern_commit_group_events", "Events that shared one commit.",
		1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)}
}

func (c *counters) accept(t event.Type) {
	if int(t) < len(c.accepted) {
		c.accepted[t].Add(1)
	}
}

// Metrics returns the hub's figures.
func (h *Hub) Metrics() Metrics {
	c := Metrics{
		Duplicates: h.counters.duplicates.Load(), Groups: h.counters.groups,
		RingMisses: h.counters.ringMisses.Load(), Skipped: h.counters.skipped.Load(),
	}
	for i := range c.Accepted {
		c.Accepted[i] = h.counters.accepted[i].Load()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c.Readers = len(h.subs)
	return c
}
