package live

import (
	"slices"
	"time"

	"postern/internal/event"
)

// The rate at which a person can read. Below it an event is shown at once; above
// it the newest events are shown and the others are counted. Each update makes
// the browser lay out and paint the page several times, until its rows have slid
// in: with more frequent updates a small machine does nothing else.
const (
	updateInterval = 1500 * time.Millisecond // least time between two updates
	urgentInterval = 400 * time.Millisecond  // the same for alerts, faults and failures, and their acknowledgements
	maxRows        = 8                       // rows in an interval, and in one update
)

// pacer decides which events are shown, and when.
type pacer struct {
	rows    float64 // that may be shown now, at most maxRows
	counted time.Time
	updated time.Time

	// The newest waiting events. Alerts, faults and failures have a list of their
	// own, so that a flood of ordinary events can't displace them.
	urgent, ordinary []*event.Event
	waiting          int64
	doubt            bool // waiting is an upper bound: not all of them were compared with the filter
}

// add takes an event to show or to count.
func (p *pacer) add(e *event.Event) {
	p.waiting++
	kept := &p.ordinary
	if e.IsAlert() {
		kept = &p.urgent
	}
	if len(*kept) == maxRows {
		*kept = slices.Delete(*kept, 0, 1)
	}
	*kept = append(*kept, e)
}

// skip counts n events that are no longer in the ring. all says that each of
// them matches the filter.
func (p *pacer) skip(n int64, all bool) {
	p.waiting += n
	if n > 0 && !all {
		p.doubt = true
	}
}

// wait returns the time until the next update; false if no event waits.
func (p *pacer) wait(now time.Time) (time.Duration, bool) {
	if p.waiting == 0 {
		return 0, false
	}
	p.refill(now)
	interval := updateInterval
	if len(p.urgent) > 0 {
		interval = urgentInterval
	}
	d := p.updated.Add(interval).Sub(now)
	if p.rows < 1 {
		d = max(d, time.Duration((1-p.rows)/maxRows*float64(updateInterval))+time.Millisecond)
	}
	return max(d, 0), true
}

// take returns the rows to show, newest first, the number of other events, and
// whether that number is only an upper bound.
func (p *pacer) take(now time.Time) (rows []*event.Event, more int64, doubt bool) {
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

func (p *pacer) refill(now time.Time) {
	if p.counted.IsZero() {
		p.rows = maxRows
	} else if passed := now.Sub(p.counted); passed > 0 {
		p.rows = min(maxRows, p.rows+maxRows*float64(passed)/float64(updateInterval))
	}
	p.counted = now
}
