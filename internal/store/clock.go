package store

import (
	"sync"
	"time"

	"postern/internal/event"
)

// Retention by age believes the wall clock only while it agrees with the
// monotonic clock: a wall clock that jumps a month ahead for half a minute
// would otherwise remove everything that is kept for a month.
const (
	// clockTolerance is by how much the two clocks may differ within
	// clockTrust before that is a jump.
	clockTolerance = time.Minute
	// clockTrust is how long they have to agree after a jump until its time is
	// believed.
	clockTrust = time.Hour
	// clockAway is how far a start may be after the newest time that the data
	// folder knows. Nobody can tell a longer stop from a clock that is wrong.
	clockAway = 2 * time.Hour
)

// Clock says whether the wall clock is believed.
type Clock struct {
	// Held says that it isn't: retention by age removes nothing.
	Held bool
	// Noticed is when the jump was noticed, by the wall clock.
	Noticed time.Time
	// Ahead is how far the wall clock is ahead of the time that was expected;
	// negative where it is behind.
	Ahead time.Duration
	// Until is when its time is believed unless it jumps again.
	Until time.Time
}

// reading is what both clocks show at one moment.
type reading struct {
	wall    time.Time
	elapsed time.Duration
}

// ahead is by how much the wall clock has run ahead of the monotonic one since
// another reading.
func (r reading) ahead(since reading) time.Duration {
	return r.wall.Sub(since.wall) - (r.elapsed - since.elapsed)
}

// clockGuard compares the wall clock with the monotonic one each time somebody
// asks for the time.
type clockGuard struct {
	now     func() time.Time
	elapsed func() time.Duration

	mu sync.Mutex
	// trusted is the newest reading that is believed. slack is how far the wall
	// clock may be ahead of it: a tolerance, or clockAway while all that is known
	// is the time that the folder was last used.
	trusted reading
	slack   time.Duration
	// counting says that arrivals go on from trusted while the wall clock is in
	// doubt: all but the time of a stop is known.
	counting bool
	// held is set from a jump on; jumped is the reading at the newest one.
	held   bool
	jumped reading
	// changed counts the changes of held, and of trusted by an hour.
	changed int64
}

// newClockGuard returns a guard that believes its first reading. Without a
// monotonic clock of its own it takes the one that now's times carry.
func newClockGuard(now func() time.Time, elapsed func() time.Duration) *clockGuard {
	if elapsed == nil {
		began := now()
		elapsed = func() time.Duration { return now().Sub(began) }
	}
	g := &clockGuard{now: now, elapsed: elapsed, slack: clockTolerance, counting: true}
	g.trusted = g.read()
	return g
}

// read reads both clocks. The wall clock's reading is without the monotonic one
// that Go's times carry.
func (g *clockGuard) read() reading {
	return reading{g.now().Round(0), g.elapsed()}
}

// resume makes the guard expect times from the newest one on that the folder
// knows. held says that the process before this one didn't believe the clock:
// the stop was most likely a short one, and the clock still wrong.
func (g *clockGuard) resume(newest time.Time, held bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.trusted, g.slack, g.counting, g.held, g.jumped = reading{newest, now.elapsed}, clockAway, held, held, now
	g.look(now)
}

// look takes a reading into account. The caller holds mu.
func (g *clockGuard) look(now reading) {
	ahead := now.ahead(g.trusted)
	switch {
	case ahead >= -clockTolerance && ahead <= g.slack:
		// As expected, or back where it was before a jump.
		if g.held || g.slack != clockTolerance || now.elapsed-g.trusted.elapsed >= clockTrust {
			g.believe(now)
		}
	case !g.held:
		g.held, g.jumped = true, now
		g.changed++
	case now.ahead(g.jumped).Abs() > clockTolerance:
		g.jumped = now
	case now.elapsed-g.jumped.elapsed >= clockTrust:
		g.believe(now)
	}
}

// believe ends a doubt. The caller holds mu.
func (g *clockGuard) believe(now reading) {
	g.trusted, g.slack, g.counting, g.held = now, clockTolerance, true, false
	g.changed++
}

// confirm believes the wall clock as it is, and reports whether that was in
// doubt.
func (g *clockGuard) confirm() (held bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	held = g.held
	g.believe(g.read())
	return held
}

// state says whether the wall clock is believed.
func (g *clockGuard) state() Clock {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	if !g.held {
		return Clock{}
	}
	return Clock{
		Held: true, Noticed: g.jumped.wall, Ahead: now.ahead(g.trusted),
		Until: now.wall.Add(clockTrust - (now.elapsed - g.jumped.elapsed)),
	}
}

// arrival is the time that an event which arrives now is given. While the wall
// clock is in doubt, time goes on from where it was believed last.
func (g *clockGuard) arrival() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	return now.wall.Add(-g.doubt(now))
}

// doubt is by how much arrivals differ from the wall clock. At a start after a
// stop of unknown length nothing better is known. The caller holds mu.
func (g *clockGuard) doubt(now reading) time.Duration {
	if !g.held || !g.counting {
		return 0
	}
	return now.ahead(g.trusted)
}

// onLog converts a time of the wall clock to that of arrivals.
func (g *clockGuard) onLog(t time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	return t.Add(-g.doubt(now))
}

// before returns the time before which what is kept for so long is too old.
// While the wall clock is in doubt nothing is.
func (g *clockGuard) before(keep time.Duration) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.read()
	g.look(now)
	if g.held {
		return event.FromMicro(0)
	}
	return now.wall.Add(-keep)
}

// bounds are the times between which it is now, as far as anything is known.
func (g *clockGuard) bounds() (oldest, newest time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	oldest, newest = g.trusted.wall, g.read().wall
	if oldest.After(newest) {
		return newest, oldest
	}
	return oldest, newest
}

// saved is what the data folder keeps of the guard, and which change it is of.
func (g *clockGuard) saved() (trusted time.Time, held bool, change int64) {
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
