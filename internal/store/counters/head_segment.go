package counters

import (
	"slices"
	"strings"

	"postern/internal/event"
)

// savedHead is the counters of the head segment as the file has them: those of
// its events up to through, removed events among them.
type savedHead struct {
	n, through int64
	counters   *Segment
}

// Count counts an event of the head segment, which is segment n, unless the
// counters that RestoreHead has loaded include it.
func (c *Counters) Count(n int64, e *event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.savedHead; h != nil && h.n == n && e.Seq <= h.through {
		c.see(c.number(e.Camera), e)
		return
	}
	if complete := c.count(e); len(complete.counters) > 0 {
		c.head = append(c.head, complete)
	}
}

// RestoreHead loads the counters that the file has of segment n, if that was the
// head segment.
func (c *Counters) RestoreHead(n int64) {
	h := c.savedHead
	if h == nil || h.n != n {
		return
	}
	c.Load(h.counters)
	c.mu.Lock()
	defer c.mu.Unlock()
	numbers := c.numbersOf(h.counters)
	for _, b := range h.counters.minutes {
		c.head = append(c.head, bucket{b.at, renumber(b.counters, numbers)})
	}
}

// CompleteSegment returns the counters of the head segment, and begins the next
// one.
func (c *Counters) CompleteSegment() *Segment {
	c.mu.Lock()
	defer c.mu.Unlock()
	if complete := c.flush(); len(complete.counters) > 0 {
		c.head = append(c.head, complete)
	}
	s := c.segmentOf(c.head)
	c.head = nil
	return s
}

// headSegment returns the counters of the head segment so far.
func (c *Counters) headSegment() *Segment {
	c.mu.RLock()
	defer c.mu.RUnlock()
	minutes := slices.Clone(c.head)
	if len(c.fresh) > 0 {
		minutes = append(minutes, bucket{c.now, sorted(c.fresh)})
	}
	return c.segmentOf(minutes)
}

// segmentOf returns minutes as a segment keeps them, with cameras by name. The
// caller holds mu.
func (c *Counters) segmentOf(minutes []bucket) *Segment {
	s := new(Segment)
	minutes = byTime(minutes)
	var numbers []uint32
	listed := make([]bool, len(c.names))
	for _, m := range minutes {
		for _, one := range m.counters {
			if one.camera != noCamera && !listed[one.camera] {
				listed[one.camera] = true
				numbers = append(numbers, one.camera)
			}
		}
	}
	// By name, so that counters are mostly in order when they are loaded.
	slices.SortFunc(numbers, func(x, y uint32) int { return strings.Compare(c.names[x], c.names[y]) })
	places := make([]uint32, len(c.names))
	for i, n := range numbers {
		s.names, s.last = append(s.names, c.names[n]), append(s.last, c.last[n])
		places[n] = uint32(i + 1)
	}
	for _, m := range minutes {
		placed := make([]counter, len(m.counters))
		for i, one := range m.counters {
			placed[i] = counter{counterKey{places[one.camera], one.typ}, one.n}
		}
		slices.SortFunc(placed, compareCounters)
		s.minutes = append(s.minutes, bucket{m.at, placed})
		if n := len(s.hours); n > 0 && s.hours[n-1].at == m.at/60 {
			s.hours[n-1].counters = merge(s.hours[n-1].counters, placed)
		} else {
			s.hours = append(s.hours, bucket{m.at / 60, placed})
		}
	}
	return s
}
