package hub

import (
	"sync/atomic"

	"postern/internal/event"
	"postern/internal/measure"
)

// Metrics is what has passed through the hub since it was made.
type Metrics struct {
	Accepted   [event.SystemError + 1]int64 // by event.Type
	Duplicates int64                        // events that the log held already
	Groups     measure.Snapshot             // commit groups, by their number of events
	Readers    int                          // subscriptions that are open
	// Fallen is how often a durable reader had to go to the log, since the
	// ring no longer held what it wanted.
	Fallen int64
	// Skipped is how many events live readers skipped for the same reason.
	Skipped int64
}

// counters are what Metrics is read from.
type counters struct {
	accepted        [event.SystemError + 1]atomic.Int64
	duplicates      atomic.Int64
	groups          *measure.Histogram
	fallen, skipped atomic.Int64
}

func newCounters() counters {
	return counters{groups: measure.NewHistogram(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)}
}

func (c *counters) accept(t event.Type) {
	if int(t) < len(c.accepted) {
		c.accepted[t].Add(1)
	}
}

// Metrics returns what was counted so far.
func (h *Hub) Metrics() Metrics {
	c := Metrics{
		Duplicates: h.counters.duplicates.Load(), Groups: h.counters.groups.Snapshot(),
		Fallen: h.counters.fallen.Load(), Skipped: h.counters.skipped.Load(),
	}
	for i := range c.Accepted {
		c.Accepted[i] = h.counters.accepted[i].Load()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c.Readers = len(h.subs)
	return c
}
