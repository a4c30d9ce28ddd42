package counters

import (
	"slices"
	"time"

	"postern/internal/event"
)

// Counts is a number of events for each type, by event.Type.
type Counts [event.SystemError + 1]int64

// Total returns the number of events of all types.
func (c *Counts) Total() (n int64) {
	for _, one := range c {
		n += one
	}
	return n
}

func (c *Counts) add(counters []counter, selected func(camera uint32) bool) {
	for _, one := range counters {
		if selected(one.camera) {
			c[one.typ] += int64(one.n)
		}
	}
}

func (c *Counts) addFresh(fresh map[counterKey]uint32, selected func(camera uint32) bool) {
	for k, n := range fresh {
		if selected(k.camera) {
			c[k.typ] += int64(n)
		}
	}
}

// Minute is the events that arrived in one minute.
type Minute struct {
	Start  time.Time
	Counts Counts
	// Known is false for a minute of downtime: its events are unknown, and not
	// zero.
	Known bool
	// AtLeast says that more events may have arrived, which are removed. Then
	// Known is false.
	AtLeast bool
}

// Minutes returns the last n minutes, oldest first, the current one included. n
// is at most MinutesKept. Where cameras are given, only their events count.
// Shortly after the start of a large store it waits until all is loaded.
func (c *Counters) Minutes(now time.Time, n int, cameras ...string) []Minute {
	<-c.loaded
	c.mu.RLock()
	defer c.mu.RUnlock()
	selected := c.selected(cameras)
	last := now.Unix() / 60
	minutes := make([]Minute, 0, n)
	for m := last - int64(min(n, MinutesKept)) + 1; m <= last; m++ {
		one := Minute{Start: time.Unix(m*60, 0).UTC()}
		slot := &c.minutes[m%MinutesKept]
		if slot.at == m {
			one.Counts.add(slot.counters, selected)
		}
		if m == c.now {
			one.Counts.addFresh(c.fresh, selected)
		}
		one.Counts.add(c.removed[m], selected)
		// A clock that was ahead may have put a later minute into the slot.
		one.Known = one.Counts.Total() > 0 || slot.at <= m && !c.wasDown(one.Start)
		if m < c.unknownBefore {
			one.Known, one.AtLeast = false, true
		}
		minutes = append(minutes, one)
	}
	return minutes
}

// PerMinute returns how many events arrived in the 60 seconds before now. Where
// cameras are given, only their events count.
func (c *Counters) PerMinute(now time.Time, cameras ...string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return int(c.lastMinute.Sum(now, c.selected(cameras)))
}

// Arrived returns how many events that arrived from since to until are kept; a
// zero time leaves that end open. It counts whole minutes of the last day and
// whole hours before. Removed events count until their segment is removed, so
// that it is a little more than a search finds. Where cameras are given, only
// their events count.
func (c *Counters) Arrived(now, since, until time.Time, cameras ...string) (sum Counts) {
	<-c.loaded
	c.mu.RLock()
	defer c.mu.RUnlock()
	selected := c.selected(cameras)
	in := func(start, length int64) bool {
		return (since.IsZero() || start+length > since.Unix()) && (until.IsZero() || start < until.Unix())
	}
	byMinute := now.Unix()/3600 - 24 // the first hour of which all minutes are kept
	for hour, counters := range c.hours {
		if hour < byMinute && in(hour*3600, 3600) {
			sum.add(counters, selected)
		}
	}
	for i := range c.minutes {
		if m := &c.minutes[i]; m.at/60 >= byMinute && in(m.at*60, 60) {
			sum.add(m.counters, selected)
		}
	}
	if in(c.now*60, 60) {
		sum.addFresh(c.fresh, selected)
	}
	return sum
}

// selected returns a test for the numbers of the given cameras. Without any, it
// is true for all. The caller holds mu.
func (c *Counters) selected(cameras []string) func(camera uint32) bool {
	if len(cameras) == 0 {
		return func(uint32) bool { return true }
	}
	var numbers []uint32
	for _, name := range cameras {
		if n, known := c.numbers[name]; known || name == "" {
			numbers = append(numbers, n)
		}
	}
	return func(n uint32) bool { return slices.Contains(numbers, n) }
}
