package stream

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits on how often streams read the log. A read and its write cost some 15 µs
// of processor time: a thousand streams that read each of a hundred events a
// second use two processors entirely, and producers' requests wait behind them.
const (
	// turnInterval is the time in which streamsPerTurn streams may read: each of
	// a thousand streams reads every 40 ms.
	turnInterval   = time.Millisecond
	streamsPerTurn = 25
	// coalesceTurns is the least number of turns between two reads of one
	// stream. The events that arrive in between go out in one write.
	coalesceTurns = 8
	// maxTurnInterval is the longest turn, while processor time is short.
	maxTurnInterval = 6 * time.Millisecond
	// lateTurn is the delay of a turn beyond which processor time is short.
	lateTurn = 3 * time.Millisecond
	// adjustInterval is the least time between two changes of the turn.
	adjustInterval = 10 * time.Millisecond
)

// scheduler wakes streams for new events, a few at a time and in the order in
// which they became due, so that any number of streams together uses a bounded
// share of the processor time. A turn that begins late shows that goroutines
// wait for a processor, and so do producers' requests: then turns become longer,
// and each write has more events.
//
// A commit wakes no goroutine of a stream that must wait for its turn: to wake a
// thousand of them takes longer than the commit itself. The zero value is ready
// for use.
type scheduler struct {
	mu    sync.Mutex
	queue []*turns  // streams that are due
	began time.Time // when the newest turn began
	left  int       // streams that may still read in it
	timer *time.Timer
	next  time.Time // when the timer runs; zero for never

	length   time.Duration // of a turn; zero for turnInterval
	late     time.Duration // of the newest turns, on average
	adjusted time.Time
}

// turns are the turns of one stream. Its goroutine reads the log each time it
// receives from woken.
type turns struct {
	scheduler *scheduler
	woken     chan struct{}
	queued    atomic.Bool
	last      time.Time // when the newest turn was given; scheduler.mu guards it
}

func (p *scheduler) enter() *turns {
	return &turns{scheduler: p, woken: make(chan struct{}, 1)}
}

// leave removes a stream that has ended. due must not be called any more.
func (s *turns) leave() {
	s.scheduler.mu.Lock()
	defer s.scheduler.mu.Unlock()
	if i := slices.Index(s.scheduler.queue, s); i >= 0 {
		s.scheduler.queue = slices.Delete(s.scheduler.queue, i, i+1)
	}
}

// wake wakes the stream at once, for a heartbeat or the end.
func (s *turns) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// due says that there may be events to read. It never blocks. A stream that is
// woken but hasn't read yet, such as one with a slow client, needs no turn.
func (s *turns) due() {
	if len(s.woken) > 0 || s.queued.Swap(true) {
		return
	}
	p := s.scheduler
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.begin(now)
	switch at := p.turnOf(s); {
	case !p.next.IsZero() && !p.next.After(now):
		p.queue = append(p.queue, s) // the timer is about to run, and the others are first
	case at.After(now):
		p.queue = append(p.queue, s)
		p.arm(now, at)
	default:
		p.give(s, now)
	}
}

// turn gives the turns that are left to the streams that are due.
func (p *scheduler) turn() {
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

// begin begins a turn if the newest one is over.
func (p *scheduler) begin(now time.Time) {
	if now.Sub(p.began) >= p.long() {
		p.began, p.left = now, streamsPerTurn
	}
}

// turnOf returns when a stream may read, unless other streams use up the turn.
func (p *scheduler) turnOf(s *turns) time.Time {
	if p.left == 0 {
		return p.began.Add(p.long())
	}
	return s.last.Add(coalesceTurns * p.long())
}

// give gives a stream its turn.
func (p *scheduler) give(s *turns, now time.Time) {
	p.left--
	s.last = now
	s.queued.Store(false) // first, so that an event that arrives from here on is read or queues the stream again
	s.wake()
}

// arm lets the timer run at a time or earlier.
func (p *scheduler) arm(now, at time.Time) {
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

// long returns the length of a turn.
func (p *scheduler) long() time.Duration { return max(p.length, turnInterval) }

// note adjusts the length of turns to how late a turn began.
func (p *scheduler) note(now time.Time, late time.Duration) {
	p.late = (p.late*7 + late) / 8
	if now.Sub(p.adjusted) < adjustInterval {
		return
	}
	p.adjusted = now
	if p.late > lateTurn {
		p.length = min(p.long()*5/4, maxTurnInterval)
	} else {
		p.length = max(p.long()*15/16, turnInterval)
	}
}
