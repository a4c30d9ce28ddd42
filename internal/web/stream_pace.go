package web

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of how often streams look at the log for new events. A look and its
// write cost some 15 µs of processor time: a thousand streams that look at each
// of a hundred events a second take all that two processors have, and
// producers' requests wait behind them.
const (
	// streamTurn is the time in which streamsPerTurn streams may look: a
	// thousand streams look every 40 ms, and few of them as soon as they have
	// rested.
	streamTurn     = time.Millisecond
	streamsPerTurn = 25
	// streamRest is how many turns there are between two looks of one stream,
	// at least. All that arrives meanwhile goes out in one write.
	streamRest = 8
	// streamTurnMost is how long a turn becomes while processor time is short.
	streamTurnMost = 6 * time.Millisecond
	// streamLate is how late a turn may begin before processor time is short.
	streamLate = 3 * time.Millisecond
	// streamAdjust is the time between two changes of the turn, at least.
	streamAdjust = 10 * time.Millisecond
)

// streamPace wakes streams for new events, a few at a time and in the order in
// which they became due, so that all streams together use a bounded share of
// the processor time however many they are. A turn that begins late shows that
// goroutines wait for a processor, and so do producers' requests: then turns
// become longer, and a write has more events.
//
// A commit wakes no goroutine of a stream that must wait for its turn: for a
// thousand streams that alone takes longer than the commit. The zero value is
// ready for use.
type streamPace struct {
	mu    sync.Mutex
	queue []*streamTurns // streams that are due
	began time.Time      // when the newest turn began
	left  int            // streams that may still look in it
	timer *time.Timer
	next  time.Time // when the timer runs; zero for never

	length   time.Duration // of a turn; zero for streamTurn
	late     time.Duration // of the newest turns, on average
	adjusted time.Time
}

// streamTurns are the turns of one stream. Its goroutine looks at the log each
// time it receives from woken.
type streamTurns struct {
	pace   *streamPace
	woken  chan struct{}
	queued atomic.Bool
	last   time.Time // when the newest turn was given; pace.mu guards it
}

func (p *streamPace) enter() *streamTurns {
	return &streamTurns{pace: p, woken: make(chan struct{}, 1)}
}

// leave forgets a stream that has ended. Nobody calls due any more.
func (s *streamTurns) leave() {
	s.pace.mu.Lock()
	defer s.pace.mu.Unlock()
	if i := slices.Index(s.pace.queue, s); i >= 0 {
		s.pace.queue = slices.Delete(s.pace.queue, i, i+1)
	}
}

// wake wakes the stream at once, for what doesn't come with each event.
func (s *streamTurns) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// due says that there may be something to read. It never blocks. A stream that
// is woken but hasn't looked yet, such as one whose client takes nothing, needs
// no turn.
func (s *streamTurns) due() {
	if len(s.woken) > 0 || s.queued.Swap(true) {
		return
	}
	p := s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.begin(now)
	switch at := p.turnOf(s); {
	case !p.next.IsZero() && !p.next.After(now):
		p.queue = append(p.queue, s) // the timer is about to run, and others come first
	case at.After(now):
		p.queue = append(p.queue, s)
		p.arm(now, at)
	default:
		p.give(s, now)
	}
}

// turn gives those that are due as many turns as there are now.
func (p *streamPace) turn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.next.IsZero() && !now.Before(p.next) {
		p.note(now, now.Sub(p.next))
	}
	p.next = time.Time{}
	p.begin(now)
	var next time.Time
	waiting := p.queue[:0]
	for i, s := range p.queue {
		at := p.turnOf(s)
		if !at.After(now) {
			p.give(s, now)
			continue
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
		if p.left == 0 {
			waiting = append(waiting, p.queue[i:]...)
			break
		}
		waiting = append(waiting, s)
	}
	clear(p.queue[len(waiting):])
	p.queue = waiting
	if len(p.queue) > 0 {
		p.arm(now, next)
	}
}

// begin begins a turn if the newest one has ended.
func (p *streamPace) begin(now time.Time) {
	if now.Sub(p.began) >= p.long() {
		p.began, p.left = now, streamsPerTurn
	}
}

// turnOf returns when a stream may look, if none before it changes that.
func (p *streamPace) turnOf(s *streamTurns) time.Time {
	if p.left == 0 {
		return p.began.Add(p.long())
	}
	return s.last.Add(streamRest * p.long())
}

// give gives a stream its turn.
func (p *streamPace) give(s *streamTurns, now time.Time) {
	p.left--
	s.last = now
	s.queued.Store(false) // first: an event that arrives from here on is seen, or asks again
	s.wake()
}

// arm lets the timer run at a time, or before.
func (p *streamPace) arm(now, at time.Time) {
	if !p.next.IsZero() && !at.Before(p.next) {
		return
	}
	p.next = at
	if p.timer == nil {
		p.timer = time.AfterFunc(at.Sub(now), p.turn)
	} else {
		p.timer.Reset(at.Sub(now))
	}
}

// long returns how long a turn is.
func (p *streamPace) long() time.Duration { return max(p.length, streamTurn) }

// note takes into account how late a turn has begun.
func (p *streamPace) note(now time.Time, late time.Duration) {
	p.late = (p.late*7 + late) / 8
	if now.Sub(p.adjusted) < streamAdjust {
		return
	}
	p.adjusted = now
	if p.late > streamLate {
		p.length = min(p.long()*5/4, streamTurnMost)
	} else {
		p.length = max(p.long()*15/16, streamTurn)
	}
}
