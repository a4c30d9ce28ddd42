package counters

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"postern/internal/event"
)

// A camera is active when it sends a normal event: one that is no system_error,
// since a report that a camera is offline is no sign of life. Its usual pause is
// told by whole minutes, so that a burst of events counts once.

// Limits of a camera's usual pause.
const (
	pausesKept  = 32 // the newest pauses between active minutes
	pausesKnown = 5  // with fewer pauses, no pause is usual
)

// pauses is when a camera was last active, and how long it usually pauses.
type pauses struct {
	normal  seen // its newest normal event
	offline seen // its first report since then that it is offline; zero for none
	ended   seen // the report that its newest normal event has ended

	active int64 // the newest active minute
	pauses [pausesKept]uint32
	n      int // how many pauses there were; the next one goes to n modulo pausesKept
	usual  uint32
}

func seenOf(e *event.Event) seen { return seen{e.Seq, e.Received.UnixMicro(), e.Type} }

// updatePauses adds an event to a camera's pauses. The caller holds mu.
func (c *Counters) updatePauses(camera uint32, e *event.Event) {
	r := &c.pauses[camera]
	if e.Type == event.SystemError {
		if r.offline.seq == 0 && e.SaysOffline() {
			r.offline = seenOf(e)
		}
		return
	}
	if r.offline.seq != 0 {
		r.ended, r.offline = r.offline, seen{}
	}
	r.normal = seenOf(e)
	r.addActive(e.Received.Unix()/60, c)
}

// addActive adds an active minute, and the pause before it unless Postern was
// down during that.
func (r *pauses) addActive(minute int64, c *Counters) {
	before := r.active
	if minute == before {
		return
	}
	r.active = minute
	if minute < before {
		return // the clock was ahead, and has gone back
	}
	if before == 0 || minute > before+1 && c.wasDownBetween(before, minute) {
		return
	}
	r.pauses[r.n%pausesKept] = uint32(min(minute-before, 1<<31))
	r.n++
	r.usual = usualPause(r.pauses, r.n)
}

// usualPause returns the pause that at most one in ten of the newest ones
// exceeds. A few longer ones, as of a broken camera, don't count.
func usualPause(pauses [pausesKept]uint32, n int) uint32 {
	n = min(n, pausesKept)
	slices.Sort(pauses[:n])
	return pauses[n-1-n/10]
}

// LearnUsualPauses computes the cameras' usual pauses from the counters, once all are
// loaded. Before it, LastSeen knows the newest events alone.
func (c *Counters) LearnUsualPauses(ctx context.Context) error {
	if err := c.WaitLoaded(ctx); err != nil {
		return err
	}
	c.mu.RLock()
	learnt := c.learn()
	c.mu.RUnlock()
	c.mu.Lock()
	var unsure []uint32 // cameras whose newest event is no normal one
	first := c.log.First()
	for n := range c.pauses {
		if n < len(learnt) && learnt[n].n > 0 {
			r := &c.pauses[n]
			r.pauses, r.n, r.usual = learnt[n].pauses, learnt[n].n, learnt[n].usual
			r.active = max(r.active, learnt[n].active)
		}
		if c.last[n].seq >= first && c.last[n].typ == event.SystemError {
			unsure = append(unsure, uint32(n))
		}
	}
	c.mu.Unlock()
	for _, n := range unsure {
		if err := c.findNewest(ctx, n); err != nil {
			return fmt.Errorf("learn the cameras' usual pauses: %w", err)
		}
	}
	return nil
}

// learn computes the pauses of all cameras from the hours, and from the minutes
// of the last day. The caller holds mu.
func (c *Counters) learn() []pauses {
	learnt := make([]pauses, len(c.names))
	oldest := c.now - MinutesKept + 1
	add := func(counters []counter, minute int64, byHour bool) {
		for _, one := range counters {
			if one.camera == noCamera || one.typ == event.SystemError {
				continue
			}
			r := &learnt[one.camera]
			if byHour && r.active > 0 && minute-r.active <= 60 {
				r.active = minute // it may have been active all the time
				continue
			}
			r.addActive(minute, c)
		}
	}
	hours := make([]int64, 0, len(c.hours))
	for hour := range c.hours {
		if hour*60 < oldest {
			hours = append(hours, hour)
		}
	}
	slices.Sort(hours)
	for _, hour := range hours {
		add(c.hours[hour], hour*60, true)
	}
	for minute := max(oldest, 0); minute <= c.now; minute++ {
		if slot := &c.minutes[minute%MinutesKept]; slot.at == minute {
			add(slot.counters, minute, false)
		}
	}
	return learnt
}

// findNewest finds a camera's newest normal event in the log, and its first
// report since then that it is offline.
func (c *Counters) findNewest(ctx context.Context, n uint32) error {
	c.mu.RLock()
	name := c.names[n]
	c.mu.RUnlock()
	normal, err := c.newestNormal(ctx, name)
	if err != nil {
		return err
	}
	// The reports since then are most likely all alike.
	reports, err := c.log.Reports(ctx, name, max(normal.seq, c.log.First()-1))
	if err != nil {
		return err
	}
	var offline seen
	if i := slices.IndexFunc(reports, (*event.Event).SaysOffline); i >= 0 {
		offline = seenOf(reports[i])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &c.pauses[n]
	if r.normal.seq > normal.seq {
		return nil // a normal event has arrived meanwhile
	}
	r.normal = normal
	if r.offline.seq == 0 || offline.seq != 0 && offline.seq < r.offline.seq {
		r.offline = offline
	}
	return nil
}

// newestNormal returns a camera's newest normal event, or the zero value.
func (c *Counters) newestNormal(ctx context.Context, camera string) (normal seen, err error) {
	for _, t := range event.AllTypes.Each() {
		if t == event.SystemError {
			continue
		}
		var seq, received int64
		err := c.reader.QueryRowContext(ctx, `SELECT seq, received FROM events INDEXED BY events_camera
			WHERE camera = ? AND type = ? AND seq >= ? ORDER BY seq DESC LIMIT 1`,
			camera, int64(t), c.log.First()).Scan(&seq, &received)
		if err == nil && seq > normal.seq {
			normal = seen{seq, received, t}
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return normal, err
		}
	}
	return normal, nil
}
