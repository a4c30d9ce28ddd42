package store

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"postern/internal/event"
)

// Bounds of what the account of arrivals holds in memory.
const (
	minutesKept = 25 * 60 // a day, and the hour that it began in
	maxCameras  = 10_000  // further ones are counted as if without a camera
)

// Counts is a number of events for each type, by event.Type.
type Counts [event.SystemError + 1]int64

// Total adds up all types.
func (c *Counts) Total() (n int64) {
	for _, one := range c {
		n += one
	}
	return n
}

// Minute is what arrived in one minute.
type Minute struct {
	Start  time.Time
	Counts Counts
	// Known is false where nobody was there to count all through: that is a
	// gap, not a zero.
	Known bool
	// AtLeast says that more may have arrived, in events that are gone. Then it
	// isn't Known.
	AtLeast bool
}

// activity is the account of what arrived: by minute for a day, by hour for
// as long as events are kept, each by type and camera. What is full is added
// a stretch at a time, what is under way event by event.
type activity struct {
	mu      sync.RWMutex
	minutes [minutesKept]tally // by minute modulo their number
	hours   map[int64][]cell   // by Unix hour
	seconds [60]second
	gaps    []gap

	// removed are the last day's minutes of segments that retention has removed.
	// Before the minute unknownBefore there may have been more.
	removed       map[int64][]cell
	unknownBefore int64

	cameras map[string]uint32 // name to number
	names   []string          // number to name; noCamera is the empty one
	last    []sighting        // by number
	heard   []hearing         // by number

	now   int64              // the minute under way
	fresh map[cellKey]uint32 // its events that are in no tally yet

	head      []tally     // the head segment's minutes that are complete
	savedHead *headCounts // as the file has them, while the store is opened
}

// second counts one second's events, by camera.
type second struct {
	unix int64
	n    map[uint32]int
}

func newActivity() *activity {
	return &activity{
		hours: make(map[int64][]cell), removed: make(map[int64][]cell), cameras: make(map[string]uint32),
		names: []string{""}, last: []sighting{{}}, heard: make([]hearing, 1), fresh: make(map[cellKey]uint32),
	}
}

// number returns a camera's number. The caller holds mu.
func (a *activity) number(name string) uint32 {
	if name == "" {
		return noCamera
	}
	n, known := a.cameras[name]
	if !known {
		if len(a.names) > maxCameras {
			return noCamera
		}
		name = strings.Clone(name) // not the whole request that it came in
		n = uint32(len(a.names))
		a.cameras[name] = n
		a.names, a.last, a.heard = append(a.names, name), append(a.last, sighting{}), append(a.heard, hearing{})
	}
	return n
}

// count adds one event, newer than all before it, and returns what of the
// minute before is complete. The caller holds mu.
func (a *activity) count(e *event.Event) (done tally) {
	at := e.Received.Unix()
	if minute := at / 60; minute != a.now {
		done = a.flush()
		a.now = minute
	}
	camera := a.number(e.Camera)
	a.fresh[cellKey{camera, e.Type}]++
	a.see(camera, e)
	s := &a.seconds[at%60]
	if s.unix != at || s.n == nil {
		*s = second{unix: at, n: make(map[uint32]int)}
	}
	s.n[camera]++
	return done
}

// see takes an event of a camera as its newest. The caller holds mu.
func (a *activity) see(camera uint32, e *event.Event) {
	if camera != noCamera {
		a.last[camera] = sighting{e.Seq, e.Received.UnixMicro(), e.Type}
		a.hear(camera, e)
	}
}

// flush moves what was counted of the minute under way to where it is kept,
// and returns it. The caller holds mu.
func (a *activity) flush() tally {
	if len(a.fresh) == 0 {
		return tally{}
	}
	t := tally{a.now, sorted(a.fresh)}
	clear(a.fresh)
	a.keep(t)
	return t
}

// keep adds a minute's tally. The caller holds mu.
func (a *activity) keep(t tally) {
	a.keepMinute(t)
	a.hours[t.at/60] = merge(a.hours[t.at/60], t.cells)
}

// keepMinute keeps the tally of a minute up to the one under way: a later one is
// of a clock that was ahead.
func (a *activity) keepMinute(t tally) {
	slot := &a.minutes[t.at%minutesKept]
	switch {
	case t.at > a.now:
	case slot.at == t.at:
		slot.cells = merge(slot.cells, t.cells)
	case slot.at < t.at || slot.at > a.now:
		*slot = t
	}
}

// load adds a stretch's counts. They need not come in order.
func (a *activity) load(c *counts) {
	a.mu.Lock()
	defer a.mu.Unlock()
	numbers := a.numbersOf(c)
	for i := range c.last {
		n := numbers[i+1]
		if n == noCamera {
			continue
		}
		if a.last[n].seq < c.last[i].seq {
			a.last[n] = c.last[i]
		}
		if h := &a.heard[n]; c.last[i].kind != event.SystemError && h.normal.seq < c.last[i].seq {
			h.normal, h.spoke = c.last[i], max(h.spoke, c.last[i].received/60_000_000)
		}
	}
	for _, h := range c.hours {
		a.hours[h.at] = merge(a.hours[h.at], renumber(h.cells, numbers))
	}
	for _, m := range c.minutes {
		a.keepMinute(tally{m.at, renumber(m.cells, numbers)})
	}
}

// unload takes a stretch's counts out again, whose events have been removed.
func (a *activity) unload(c *counts) {
	a.mu.Lock()
	defer a.mu.Unlock()
	numbers := a.numbersOf(c)
	for _, h := range c.hours {
		if a.hours[h.at] = subtract(a.hours[h.at], renumber(h.cells, numbers)); len(a.hours[h.at]) == 0 {
			delete(a.hours, h.at)
		}
	}
	for _, m := range c.minutes {
		if slot := &a.minutes[m.at%minutesKept]; slot.at == m.at {
			slot.cells = subtract(slot.cells, renumber(m.cells, numbers))
		}
	}
	for i := range c.last {
		// A camera whose last event is gone is not known any more.
		if n := numbers[i+1]; n != noCamera && a.last[n].seq == c.last[i].seq {
			a.last[n] = sighting{}
		}
	}
}

// numbersOf returns this process's numbers for the cameras' places in c.
func (a *activity) numbersOf(c *counts) []uint32 {
	numbers := make([]uint32, len(c.names)+1)
	for i, name := range c.names {
		numbers[i+1] = a.number(name)
	}
	return numbers
}

// renumber returns cells with other numbers for their cameras.
func renumber(cells []cell, numbers []uint32) []cell {
	out := make([]cell, len(cells))
	inOrder := true
	for i, c := range cells {
		out[i] = cell{numbers[c.camera], c.kind, c.n}
		inOrder = inOrder && (i == 0 || out[i-1].key().compare(out[i].key()) < 0)
	}
	if inOrder {
		return out
	}
	slices.SortFunc(out, func(a, b cell) int { return a.key().compare(b.key()) })
	summed := out[:1] // it has some, since they weren't in order
	for _, c := range out[1:] {
		if last := &summed[len(summed)-1]; last.key() == c.key() {
			last.n += c.n
		} else {
			summed = append(summed, c)
		}
	}
	return summed
}

// record returns minutes as a segment keeps them, with cameras by name. The
// caller holds mu.
func (a *activity) record(minutes []tally) *counts {
	c := new(counts)
	// By name, so that cells mostly come in order when they are read.
	var numbers []uint32
	seen := make([]bool, len(a.names))
	minutes = inTurn(minutes)
	for _, m := range minutes {
		for _, one := range m.cells {
			if one.camera != noCamera && !seen[one.camera] {
				seen[one.camera] = true
				numbers = append(numbers, one.camera)
			}
		}
	}
	slices.SortFunc(numbers, func(x, y uint32) int { return strings.Compare(a.names[x], a.names[y]) })
	places := make([]uint32, len(a.names))
	for i, n := range numbers {
		c.names, c.last = append(c.names, a.names[n]), append(c.last, a.last[n])
		places[n] = uint32(i + 1)
	}
	for _, m := range minutes {
		cells := make([]cell, len(m.cells))
		for i, one := range m.cells {
			cells[i] = cell{places[one.camera], one.kind, one.n}
		}
		slices.SortFunc(cells, func(a, b cell) int { return a.key().compare(b.key()) })
		c.minutes = append(c.minutes, tally{m.at, cells})
		if n := len(c.hours); n > 0 && c.hours[n-1].at == m.at/60 {
			c.hours[n-1].cells = merge(c.hours[n-1].cells, cells)
		} else {
			c.hours = append(c.hours, tally{m.at / 60, cells})
		}
	}
	return c
}

// inTurn returns tallies by time, each minute once: a clock that was ahead may
// have gone back.
func inTurn(minutes []tally) []tally {
	if slices.IsSortedFunc(minutes, func(x, y tally) int { return cmp.Compare(x.at, y.at) }) {
		return minutes
	}
	minutes = slices.Clone(minutes)
	slices.SortStableFunc(minutes, func(x, y tally) int { return cmp.Compare(x.at, y.at) })
	out := minutes[:1]
	for _, m := range minutes[1:] {
		if last := &out[len(out)-1]; last.at == m.at {
			last.cells = merge(last.cells, m.cells)
		} else {
			out = append(out, m)
		}
	}
	return out
}

// picked returns a test for camera numbers: those of the names, or all where
// there are none. The caller holds mu.
func (a *activity) picked(cameras []string) func(uint32) bool {
	if len(cameras) == 0 {
		return func(uint32) bool { return true }
	}
	var numbers []uint32
	for _, name := range cameras {
		if n, known := a.cameras[name]; known || name == "" {
			numbers = append(numbers, n)
		}
	}
	return func(n uint32) bool { return slices.Contains(numbers, n) }
}

func (c *Counts) add(cells []cell, picked func(uint32) bool) {
	for _, one := range cells {
		if picked(one.camera) {
			c[one.kind] += int64(one.n)
		}
	}
}
