package counters

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/metrics"
)

// MinutesKept is for how many minutes counters are kept by the minute: a day, and
// the hour in which it began.
const MinutesKept = 25 * 60

// MaxCameras is how many cameras are counted apart. Events of further ones are
// counted as if they had no camera.
const MaxCameras = 10_000

// Log is what the counters need of the log.
type Log struct {
	// First returns the oldest sequence number that is kept.
	First func() int64
	// Reports returns a camera's oldest system_error events after a sequence
	// number, at most 100.
	Reports func(ctx context.Context, camera string, after int64) ([]*event.Event, error)
}

// Counters counts the events of a log. Its methods are safe for concurrent use;
// those that count, load and save are called by the holder of the writer only.
type Counters struct {
	log    Log
	reader *sql.DB
	loaded chan struct{} // closed once the counters of all segments are loaded

	mu            sync.RWMutex
	minutes       [MinutesKept]bucket         // by minute modulo their number
	hours         map[int64][]counter         // by Unix hour
	lastMinute    metrics.RateCounter[uint32] // by camera number
	downtimes     []Downtime
	removed       map[int64][]counter // the last day's minutes of removed segments
	unknownBefore int64               // before this minute, events may be missing in removed

	numbers map[string]uint32 // a camera's number by its name
	names   []string          // a camera's name by its number; noCamera has the empty name
	last    []seen            // a camera's newest event by its number
	pauses  []pauses          // by camera number

	now   int64                 // the current minute
	fresh map[counterKey]uint32 // its events that are in no bucket yet

	head      []bucket   // the complete minutes of the head segment
	savedHead *savedHead // as the file has them, while the store is opened
}

// New returns counters without events. The counters of all segments count as
// loaded unless BeginLoading is called.
func New(reader *sql.DB, log Log) *Counters {
	c := &Counters{
		reader: reader, log: log, loaded: make(chan struct{}),
		hours: make(map[int64][]counter), removed: make(map[int64][]counter), fresh: make(map[counterKey]uint32),
		numbers: make(map[string]uint32), names: []string{""}, last: []seen{{}}, pauses: make([]pauses, 1),
	}
	close(c.loaded)
	return c
}

// Open sets the time, before anything is loaded.
func (c *Counters) Open(now time.Time) {
	c.now = now.Unix() / 60
}

// BeginLoading makes readers of counters wait until done is called. It is called
// before readers can use the counters.
func (c *Counters) BeginLoading() (done func()) {
	loaded := make(chan struct{})
	c.loaded = loaded
	return func() { close(loaded) }
}

// WaitLoaded waits until the counters of all segments are loaded.
func (c *Counters) WaitLoaded(ctx context.Context) error {
	select {
	case <-c.loaded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// number returns a camera's number. The caller holds mu.
func (c *Counters) number(name string) uint32 {
	if name == "" {
		return noCamera
	}
	n, known := c.numbers[name]
	if !known {
		if len(c.names) > MaxCameras {
			return noCamera
		}
		name = strings.Clone(name) // else it keeps the whole request in memory
		n = uint32(len(c.names))
		c.numbers[name] = n
		c.names, c.last, c.pauses = append(c.names, name), append(c.last, seen{}), append(c.pauses, pauses{})
	}
	return n
}

// count counts one event, newer than all before it, and returns the bucket of
// the minute before if that is complete. The caller holds mu.
func (c *Counters) count(e *event.Event) (complete bucket) {
	if minute := e.Received.Unix() / 60; minute != c.now {
		complete = c.flush()
		c.now = minute
	}
	camera := c.number(e.Camera)
	c.fresh[counterKey{camera, e.Type}]++
	c.see(camera, e)
	c.lastMinute.Add(e.Received, camera, 1)
	return complete
}

// see notes a camera's newest event. The caller holds mu.
func (c *Counters) see(camera uint32, e *event.Event) {
	if camera != noCamera {
		c.last[camera] = seenOf(e)
		c.updatePauses(camera, e)
	}
}

// flush moves the current minute's events into their bucket, and returns that.
// The caller holds mu.
func (c *Counters) flush() bucket {
	if len(c.fresh) == 0 {
		return bucket{}
	}
	b := bucket{c.now, sorted(c.fresh)}
	clear(c.fresh)
	c.putMinute(b)
	c.hours[b.at/60] = merge(c.hours[b.at/60], b.counters)
	return b
}

// putMinute adds a minute's bucket, unless it is later than the current minute:
// then it comes from a clock that was ahead. The caller holds mu.
func (c *Counters) putMinute(b bucket) {
	slot := &c.minutes[b.at%MinutesKept]
	switch {
	case b.at > c.now:
	case slot.at == b.at:
		slot.counters = merge(slot.counters, b.counters)
	case slot.at < b.at || slot.at > c.now:
		*slot = b
	}
}

// Load adds the counters of a segment. Segments may be loaded in any order.
func (c *Counters) Load(s *Segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	numbers := c.numbersOf(s)
	for i := range s.last {
		n := numbers[i+1]
		if n == noCamera {
			continue
		}
		if c.last[n].seq < s.last[i].seq {
			c.last[n] = s.last[i]
		}
		if r := &c.pauses[n]; s.last[i].typ != event.SystemError && r.normal.seq < s.last[i].seq {
			r.normal, r.active = s.last[i], max(r.active, s.last[i].minute())
		}
	}
	for _, b := range s.hours {
		c.hours[b.at] = merge(c.hours[b.at], renumber(b.counters, numbers))
	}
	for _, b := range s.minutes {
		c.putMinute(bucket{b.at, renumber(b.counters, numbers)})
	}
}

// Unload subtracts the counters of a segment whose events are removed.
func (c *Counters) Unload(s *Segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	numbers := c.numbersOf(s)
	for _, b := range s.hours {
		if c.hours[b.at] = subtract(c.hours[b.at], renumber(b.counters, numbers)); len(c.hours[b.at]) == 0 {
			delete(c.hours, b.at)
		}
	}
	for _, b := range s.minutes {
		if slot := &c.minutes[b.at%MinutesKept]; slot.at == b.at {
			slot.counters = subtract(slot.counters, renumber(b.counters, numbers))
		}
	}
	for i := range s.last {
		// A camera whose newest event is removed is no longer known.
		if n := numbers[i+1]; n != noCamera && c.last[n].seq == s.last[i].seq {
			c.last[n] = seen{}
		}
	}
}

// numbersOf returns the camera numbers for the places in a segment's names. The
// caller holds mu.
func (c *Counters) numbersOf(s *Segment) []uint32 {
	numbers := make([]uint32, len(s.names)+1)
	for i, name := range s.names {
		numbers[i+1] = c.number(name)
	}
	return numbers
}
