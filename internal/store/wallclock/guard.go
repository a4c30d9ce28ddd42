package wallclock

import (
	"sync"
	"time"

	"postern/internal/event"
)

const (
	// Tolerance is the difference between the two clocks within TrustAfter up to
	// which they agree. A larger one is a jump.
	Tolerance = time.Minute
	// TrustAfter is for how long they must agree after a jump until the wall
	// clock is trusted again.
	TrustAfter = time.Hour
	// maxAway is how long after the newest saved time a start may be. A longer
	// stop can't be told from a wrong clock.
	maxAway = 2 * time.Hour
)

// State says whether the wall clock is trusted.
type State struct {
	// Held says that it is in doubt: retention by age removes nothing.
	Held bool
	// Noticed is when the jump was noticed, by the wall clock.
	Noticed time.Time
	// Ahead is how far the wall clock is ahead of the expected time; negative if
	// it is behind.
	Ahead time.Duration
	// Until is when the wall clock is trusted again unless it jumps once more.
	Until time.Time
}

// reading is the time of both clocks at one moment.
type reading struct {
	wall    time.Time
	elapsed time.Duration
}

// ahead returns by how much the wall clock has run ahead of the monotonic one since
// another reading.
func (r reading) ahead(since reading) time.Duration {
	return r.wall.Sub(since.wall) - (r.elapsed - since.elapsed)
}

// Guard compares the wall clock with the monotonic one on each call. Its methods are
// safe for concurrent use.
type Guard struct {
	now     func() time.Time
	elapsed func() time.Duration

	mu sync.Mutex
	// trusted is the newest trusted reading. slack is how far the wall clock may
	// be ahead of it: Tolerance, or maxAway at a start, when only the newest
	// saved time is known.
	trusted reading
	slack   time.Duration
	// counting says that arrivals go on from trusted while the wall clock is in
	// doubt. At a start it is false: how long the stop was is unknown.
	counting bool
	// held is true from a jump on. jumped is the reading at the newest jump.
	held   bool
	jumped reading
	// changed counts the changes of held, and the hours by which trusted moves.
	changed int64
}

// NewGuard returns a guard that trusts its first reading. now is the wall clock,
// elapsed the monotonic one; nil means the one that now's times carry.
func NewGuard(now func() time.Time, elapsed func() time.Duration) *Guard {
	if elapsed == nil {
		began := now()
		elapsed = func() time.Duration { return now().Sub(began) }
	}
	g := &Guard{now: now, elapsed: elapsed, slack: Tolerance, counting: true}
	g.trusted = g.read()
	return g
}

// read reads both clocks. Round removes the monotonic clock that Go's times carry.
func (g *Guard) read() reading {
	return reading{g.now().Round(0), g.elapsed()}
}

// Resume makes the guard expect times from the newest saved one on. held says that
// the clock was in doubt when it was saved: most likely the stop was short and the
// clock is still wrong.
func (g *Guard) Resume(newest time.Time, held bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.trusted, g.slack, g.counting, g.held, g.jumped = reading{newest, now.elapsed}, maxAway, held, held, now
	g.look(now)
}

// look compares a reading with the trusted one. The caller holds mu.
func (g *Guard) look(now reading) {
	ahead := now.ahead(g.trusted)
	switch {
	case ahead >= -Tolerance && ahead <= g.slack:
		// As expected, or back where it was before a jump.
		if g.held || g.slack != Tolerance || now.elapsed-g.trusted.elapsed >= TrustAfter {
			g.trust(now)
		}
	case !g.held:
		g.held, g.jumped = true, now
		g.changed++
	case now.ahead(g.jumped).Abs() > Tolerance:
		g.jumped = now
	case now.elapsed-g.jumped.elapsed >= TrustAfter:
		g.trust(now)
	}
}

// trust trusts a reading, which ends a doubt. The caller holds mu.
func (g *Guard) trust(now reading) {
	g.trusted, g.slack, g.counting, g.held = now, Tolerance, true, false
	g.changed++
}

// Confirm trusts the wall clock as it is, and reports whether it was in doubt.
func (g *Guard) Confirm() (held bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	held = g.held
	g.trust(g.read())
	return held
}

// State says whether the wall clock is trusted.
func (g *Guard) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	if !g.held {
		return State{}
	}
	return State{
		Held: true, Noticed: g.jumped.wall, Ahead: now.ahead(g.trusted),
		Until: now.wall.Add(TrustAfter - (now.elapsed - g.jumped.elapsed)),
	}
}

// Arrival returns the time of arrival for an event that arrives now. While the wall
// clock is in doubt, it goes on from the last trusted time.
func (g *Guard) Arrival() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	return now.wall.Add(-g.doubt(now))
}

// doubt returns by how much arrivals differ from the wall clock. After a stop of
// unknown length they don't: nothing better is known. The caller holds mu.
func (g *Guard) doubt(now reading) time.Duration {
	if !g.held || !g.counting {
		return 0
	}
	return now.ahead(g.trusted)
}

// OnLog converts a time of the wall clock to a time of arrival.
func (g *Guard) OnLog(t time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	return t.Add(-g.doubt(now))
}

// Before returns the time before which a thing that is kept for a duration is too
// old. While the wall clock is in doubt, nothing is too old.
func (g *Guard) Before(keep time.Duration) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	if g.held {
		return event.FromMicro(0)
	}
	return now.wall.Add(-keep)
}

// Bounds returns two times between which the current time is.
func (g *Guard) Bounds() (oldest, newest time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	oldest, newest = g.trusted.wall, g.read().wall
	if oldest.After(newest) {
		return newest, oldest
	}
	return oldest, newest
}

// Saved returns what Resume needs at the next start. change is another number once
// that is worth saving again.
func (g *Guard) Saved() (trusted time.Time, held bool, change int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	if !g.held {
		return now.wall, false, g.changed
	}
	if g.counting {
		// Time has gone on since, whatever the wall clock shows.
		return g.trusted.wall.Add(now.elapsed - g.trusted.elapsed), true, g.changed
	}
	return g.trusted.wall, true, g.changed
}
