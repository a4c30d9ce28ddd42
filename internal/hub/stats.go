package hub

import (
	"sync"
	"time"

	"postern/internal/event"
)

// Minute is how many events of each type arrived in one minute.
type Minute struct {
	Start  time.Time
	ByType [event.SystemError + 1]int // by event.Type
	// Known is false where the hub wasn't there to count: that is a gap,
	// not a zero.
	Known bool
}

// Total adds up the minute's types.
func (m Minute) Total() (n int) {
	for _, count := range m.ByType {
		n += count
	}
	return n
}

// Stats is the hub's account of what passed through it lately.
type Stats struct {
	// Head is the newest event's sequence number.
	Head int64
	// Minutes are the last 60, oldest first; the last one is under way.
	Minutes []Minute
	// PerMinute is the number of events in the 60 seconds before now.
	PerMinute int
}

// stats counts arrivals by minute for an hour and by second for a minute.
type stats struct {
	mu      sync.Mutex
	minutes [60]bucket
	seconds [60]bucket
	// whole says that nothing came before what was counted; otherwise
	// counting is known to be complete only from since on.
	whole bool
	since int64 // Unix minute
}

type bucket struct {
	unit   int64 // Unix minute or second
	byType [event.SystemError + 1]int
}

// startAfter says that counting begins after seq. What retention has removed
// before that was not counted either.
func (s *stats) startAfter(seq int64) { s.whole = seq == 0 }

func (s *stats) count(e *event.Event) {
	second := e.Received.Unix()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since == 0 {
		s.since = second/60 + 1
	}
	s.minutes[second/60%60].add(second/60, e.Type)
	s.seconds[second%60].add(second, e.Type)
}

func (b *bucket) add(unit int64, t event.Type) {
	if b.unit != unit {
		*b = bucket{unit: unit}
	}
	if int(t) < len(b.byType) {
		b.byType[t]++
	}
}

// Stats returns the counts as of now.
func (h *Hub) Stats(now time.Time) Stats {
	s := &h.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{Head: h.Head(), Minutes: make([]Minute, 0, 60)}
	minute := now.Unix() / 60
	if s.since == 0 {
		s.since = minute + 1 // nothing came yet, and the hub is there by now
	}
	for m := minute - 59; m <= minute; m++ {
		one := Minute{Start: time.Unix(m*60, 0).UTC(), Known: s.whole || m >= s.since}
		if b := s.minutes[m%60]; b.unit == m {
			one.ByType = b.byType
		}
		out.Minutes = append(out.Minutes, one)
	}
	for _, b := range s.seconds {
		if age := now.Unix() - b.unit; age >= 0 && age < 60 {
			for _, n := range b.byType {
				out.PerMinute += n
			}
		}
	}
	return out
}
