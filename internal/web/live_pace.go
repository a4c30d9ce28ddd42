package web

import (
	"slices"
	"time"

	"postern/internal/event"
)

// The pace that a person can read at. Below it an event is shown at once;
// above it the newest are shown and the others are counted. Each update has the
// page laid out and painted anew several times, until its rows have slid in: with
// more frequent updates a small machine is busy with nothing else.
const (
	liveInterval = 1500 * time.Millisecond // between two updates, at least
	liveUrgent   = 400 * time.Millisecond  // the same for alerts, faults and failures, and what became of them
	liveRows     = 8                       // rows an interval, and at most in one update
)

// livePace decides what is shown and when.
type livePace struct {
	rows    float64 // that may be shown now, at most liveRows
	counted time.Time
	updated time.Time

	// The newest of what waits. Alerts, faults and failures are kept apart,
	// since a flood of the ordinary must not wash them away.
	urgent, ordinary []*event.Event
	waiting          int64
	doubt            bool // some of those that wait were not looked at
}

// add takes an event that is to be shown or counted.
func (p *livePace) add(e *event.Event) {
	p.waiting++
	kept := &p.ordinary
	if e.IsAlert() {
		kept = &p.urgent
	}
	if len(*kept) == liveRows {
		*kept = slices.Delete(*kept, 0, 1)
	}
	*kept = append(*kept, e)
}

// skip counts n events that are gone. If all is set, each of them would have
// been shown.
func (p *livePace) skip(n int64, all bool) {
	p.waiting += n
	if n > 0 && !all {
		p.doubt = true
	}
}

// wait returns how long it is until the next update; false when nothing
// waits.
func (p *livePace) wait(now time.Time) (time.Duration, bool) {
	if p.waiting == 0 {
		return 0, false
	}
	p.refill(now)
	interval := liveInterval
	if len(p.urgent) > 0 {
		interval = liveUrgent
	}
	d := p.updated.Add(interval).Sub(now)
	if p.rows < 1 {
		d = max(d, time.Duration((1-p.rows)/liveRows*float64(liveInterval))+time.Millisecond)
	}
	return max(d, 0), true
}

// take returns the rows to show, newest first, how many more there were, and
// whether that is only an upper bound.
func (p *livePace) take(now time.Time) (rows []*event.Event, more int64, doubt bool) {
	p.refill(now)
	n := int(p.rows)
	urgent := p.urgent[max(0, len(p.urgent)-n):]
	n -= len(urgent)
	rows = append(rows, urgent...)
	rows = append(rows, p.ordinary[max(0, len(p.ordinary)-n):]...)
	slices.SortFunc(rows, func(a, b *event.Event) int { return int(b.Seq - a.Seq) })
	more, doubt = p.waiting-int64(len(rows)), p.doubt
	p.rows -= float64(len(rows))
	p.updated = now
	p.urgent, p.ordinary, p.waiting, p.doubt = nil, nil, 0, false
	return rows, more, doubt
}

func (p *livePace) refill(now time.Time) {
	if p.counted.IsZero() {
		p.rows = liveRows
	} else if passed := now.Sub(p.counted); passed > 0 {
		p.rows = min(liveRows, p.rows+liveRows*float64(passed)/float64(liveInterval))
	}
	p.counted = now
}
