package counters

import (
	"slices"
	"strings"
	"time"

	"postern/internal/event"
)

// LastSeen is when a camera was last seen, by the log. Times are those of
// arrival.
type LastSeen struct {
	ID string
	// Last, LastSeq and LastType are of its newest event.
	Last     time.Time
	LastSeq  int64
	LastType event.Type
	// Normal and NormalSeq are of its newest event that is a sign of life: one
	// that is no system_error. NormalSeq is zero where the log has none.
	Normal    time.Time
	NormalSeq int64
	// Offline is when the camera first reported since then that it is offline;
	// zero if it didn't.
	Offline time.Time
	// Ended is the sequence number of the last such report that a normal event
	// has followed since the start.
	Ended int64
	// UsualPause is its usual pause between normal events, in whole minutes;
	// zero while it isn't known.
	UsualPause time.Duration
}

// LastSeen returns when the cameras that have events were last seen, by name.
func (c *Counters) LastSeen() []LastSeen {
	<-c.loaded
	c.mu.RLock()
	defer c.mu.RUnlock()
	first := c.log.First()
	all := make([]LastSeen, 0, len(c.last))
	for n, last := range c.last {
		if last.seq < first || n == noCamera {
			continue
		}
		r := &c.pauses[n]
		s := LastSeen{ID: c.names[n], Last: event.FromMicro(last.received), LastSeq: last.seq, LastType: last.typ, Ended: r.ended.seq}
		if r.normal.seq >= first {
			s.Normal, s.NormalSeq = event.FromMicro(r.normal.received), r.normal.seq
		}
		if r.offline.seq > 0 {
			s.Offline = event.FromMicro(r.offline.received)
		}
		if r.n >= pausesKnown {
			s.UsualPause = time.Duration(r.usual) * time.Minute
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b LastSeen) int { return strings.Compare(a.ID, b.ID) })
	return all
}
