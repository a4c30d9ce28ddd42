package web

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Bounds of a stream's rest between two looks at the log. An event that arrives
// after the rest is sent soon; under a flood one write has many events. At a
// hundred events a second on a machine with time to spare, few streams rest.
const (
	streamRest     = 8 * time.Millisecond
	streamRestMost = 250 * time.Millisecond
	// streamSpread is the time between the looks of any two streams that an
	// event wakes, on average. A look and its write take about as long.
	streamSpread = 10 * time.Microsecond
	// streamLate is how late a rest may end before processor time is short.
	streamLate = 3 * time.Millisecond
	// streamAdjust is the time between two changes of the rest, at least.
	streamAdjust = 10 * time.Millisecond
)

// streamPace lets all streams together use no more than the processor time that
// is to spare. A rest that ends late shows that goroutines wait for a processor,
// and so do producers' requests. Then streams rest for longer, and send more at
// once.
type streamPace struct {
	open     atomic.Int64 // streams
	rest     atomic.Int64 // nanoseconds; zero for streamRest
	late     atomic.Int64 // nanoseconds, of the newest rests
	adjusted atomic.Int64 // Unix nanoseconds
}

// wait waits until a stream that looked at the log at a time may look again.
func (p *streamPace) wait(looked time.Time) {
	rest := p.mean()
	// Random times spread the streams: a producer's request would wait behind
	// all of those that look at once.
	rest = rest*3/4 + rand.N(rest/2)
	rest = max(rest-time.Since(looked), rand.N(time.Duration(p.open.Load()+1)*streamSpread))
	began := time.Now()
	time.Sleep(rest)
	now := time.Now()
	p.note(now, now.Sub(began)-rest)
}

// mean returns the rest of an average stream.
func (p *streamPace) mean() time.Duration { return max(time.Duration(p.rest.Load()), streamRest) }

// note takes into account how late a rest has ended. Some of what streams note
// at the same moment may be lost.
func (p *streamPace) note(now time.Time, late time.Duration) {
	late = (time.Duration(p.late.Load())*7 + late) / 8
	p.late.Store(int64(late))
	last := p.adjusted.Load()
	if now.UnixNano()-last < int64(streamAdjust) || !p.adjusted.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	rest := p.mean()
	if late > streamLate {
		rest = min(rest*5/4, streamRestMost)
	} else {
		rest = max(rest*15/16, streamRest)
	}
	p.rest.Store(int64(rest))
}
