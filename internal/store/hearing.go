package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"postern/internal/event"
)

// A camera speaks by its events, but for system_error: that a camera is
// offline is no sign of life. Its rhythm is judged by whole minutes, in which
// it speaks or doesn't, so that a burst of events counts once.

// Bounds of what is known of a camera's rhythm.
const (
	pausesKept  = 32 // the newest pauses between minutes in which it spoke
	pausesKnown = 5  // fewer say nothing of a rhythm
)

// hearing is what is known of how a camera speaks.
type hearing struct {
	normal  sighting // its newest event that is no system_error
	offline sighting // its first report since that it is offline; zero for none
	ended   sighting // the report that its newest normal event has ended

	spoke  int64 // the newest minute in which it spoke
	pauses [pausesKept]uint32
	n      int // how many pauses there were; the next one stands at n modulo pausesKept
	usual  uint32
}

// hear takes an event of a camera into account. The caller holds mu.
func (a *activity) hear(camera uint32, e *event.Event) {
	h := &a.heard[camera]
	if e.Type == event.SystemError {
		if h.offline.seq == 0 && e.SaysOffline() {
			h.offline = sighting{e.Seq, e.Received.UnixMicro(), e.Type}
		}
		return
	}
	if h.offline.seq != 0 {
		h.ended, h.offline = h.offline, sighting{}
	}
	h.normal = sighting{e.Seq, e.Received.UnixMicro(), e.Type}
	h.speak(e.Received.Unix()/60, a)
}

// speak records that the camera spoke in a minute, and the pause before it,
// unless Postern wasn't there all through that.
func (h *hearing) speak(minute int64, a *activity) {
	before := h.spoke
	if minute == before {
		return
	}
	h.spoke = minute
	if minute < before {
		return // the clock was ahead, and has gone back
	}
	if before == 0 || minute > before+1 && a.awayBetween(before, minute) {
		return
	}
	h.pauses[h.n%pausesKept] = uint32(min(minute-before, 1<<31))
	h.n++
	h.usual = usualPause(h.pauses, h.n)
}

// usualPause is the pause that at most one in ten of the newest ones exceeds:
// a few that were longer, as when the camera was broken, don't count.
func usualPause(pauses [pausesKept]uint32, n int) uint32 {
	n = min(n, pausesKept)
	slices.Sort(pauses[:n])
	return pauses[n-1-n/10]
}

// awayBetween reports whether Postern was away at some time from one minute to
// another. The caller holds mu.
func (a *activity) awayBetween(from, to int64) bool {
	return slices.ContainsFunc(a.gaps, func(g gap) bool {
		return g.since.Unix() < (to+1)*60 && g.until.Unix() > from*60
	})
}

// LearnCameras works out from the counts how each camera speaks, once all of
// the log's are known. Before it, Hearings knows of the newest events alone.
func (s *Store) LearnCameras(ctx context.Context) error {
	if err := s.loaded(ctx); err != nil {
		return err
	}
	a := s.activity
	a.mu.RLock()
	learnt := a.learn()
	a.mu.RUnlock()
	a.mu.Lock()
	var unsure []uint32 // cameras whose newest event is no sign of life
	first := s.First()
	for n := range a.heard {
		if n < len(learnt) && learnt[n].n > 0 {
			h := &a.heard[n]
			h.pauses, h.n, h.usual = learnt[n].pauses, learnt[n].n, learnt[n].usual
			h.spoke = max(h.spoke, learnt[n].spoke)
		}
		if a.last[n].seq >= first && a.last[n].kind == event.SystemError {
			unsure = append(unsure, uint32(n))
		}
	}
	a.mu.Unlock()
	for _, n := range unsure {
		if err := s.findSigns(ctx, n); err != nil {
			return fmt.Errorf("learn how cameras speak: %w", err)
		}
	}
	return nil
}

// learn makes the rhythms of all cameras from what is counted by the hour, and
// by the minute for the last day. The caller holds mu.
func (a *activity) learn() []hearing {
	learnt := make([]hearing, len(a.names))
	oldest := a.now - minutesKept + 1
	speak := func(cells []cell, minute int64, byHour bool) {
		for _, c := range cells {
			if c.camera == noCamera || c.kind == event.SystemError {
				continue
			}
			h := &learnt[c.camera]
			if byHour && h.spoke > 0 && minute-h.spoke <= 60 {
				h.spoke = minute // it may have spoken all the time
				continue
			}
			h.speak(minute, a)
		}
	}
	hours := make([]int64, 0, len(a.hours))
	for hour := range a.hours {
		if hour*60 < oldest {
			hours = append(hours, hour)
		}
	}
	slices.Sort(hours)
	for _, hour := range hours {
		speak(a.hours[hour], hour*60, true)
	}
	for minute := max(oldest, 0); minute <= a.now; minute++ {
		if slot := &a.minutes[minute%minutesKept]; slot.at == minute {
			speak(slot.cells, minute, false)
		}
	}
	return learnt
}

// findSigns looks up a camera's newest normal event, and the first report
// since then that it is offline.
func (s *Store) findSigns(ctx context.Context, n uint32) error {
	a := s.activity
	a.mu.RLock()
	name := a.names[n]
	a.mu.RUnlock()
	var normal sighting
	for _, t := range event.AllTypes.Each() {
		if t == event.SystemError {
			continue
		}
		var seq, received int64
		err := s.reader.QueryRowContext(ctx, "SELECT seq, received FROM events INDEXED BY events_camera WHERE camera = ? AND type = ? AND seq >= ? ORDER BY seq DESC LIMIT 1", name, int64(t), s.First()).Scan(&seq, &received)
		if err == nil && seq > normal.seq {
			normal = sighting{seq, received, t}
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	// Its reports since are most likely all alike.
	rows, err := s.reader.QueryContext(ctx, "SELECT "+eventColumns+" FROM events INDEXED BY events_camera WHERE camera = ? AND type = ? AND seq > ? ORDER BY seq LIMIT 100",
		name, int64(event.SystemError), max(normal.seq, s.First()-1))
	if err != nil {
		return err
	}
	reports, _, err := collectAsIs(rows, math.MaxInt64)
	if err != nil {
		return err
	}
	var offline sighting
	if i := slices.IndexFunc(reports, (*event.Event).SaysOffline); i >= 0 {
		offline = sighting{reports[i].Seq, reports[i].Received.UnixMicro(), event.SystemError}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h := &a.heard[n]
	if h.normal.seq > normal.seq {
		return nil // it has spoken meanwhile
	}
	h.normal = normal
	if h.offline.seq == 0 || offline.seq != 0 && offline.seq < h.offline.seq {
		h.offline = offline
	}
	return nil
}

// Hearing is how a camera speaks, as far as the log knows. Times are those of
// arrival.
type Hearing struct {
	Name string
	// Last is its newest event of any type.
	Last     time.Time
	LastSeq  int64
	LastType event.Type
	// Normal is its newest event that is a sign of life: one that is no
	// system_error. Its sequence number is zero where the log has none.
	Normal    time.Time
	NormalSeq int64
	// Offline is when the camera first said since then that it is offline;
	// zero where it didn't. Ended is the sequence number of the last such
	// report that a normal event has followed since the start.
	Offline time.Time
	Ended   int64
	// Usual is the pause between events that is usual for it, to the minute;
	// zero while it isn't known.
	Usual time.Duration
}

// Hearings returns how the cameras that have events speak, by name.
func (j *Store) Hearings() []Hearing {
	a := j.counted()
	a.mu.RLock()
	defer a.mu.RUnlock()
	first := j.First()
	all := make([]Hearing, 0, len(a.last))
	for n, s := range a.last {
		if s.seq < first || n == noCamera {
			continue
		}
		known := &a.heard[n]
		h := Hearing{Name: a.names[n], Last: event.FromMicro(s.received), LastSeq: s.seq, LastType: s.kind, Ended: known.ended.seq}
		if known.normal.seq >= first {
			h.Normal, h.NormalSeq = event.FromMicro(known.normal.received), known.normal.seq
		}
		if known.offline.seq > 0 {
			h.Offline = event.FromMicro(known.offline.received)
		}
		if known.n >= pausesKnown {
			h.Usual = time.Duration(known.usual) * time.Minute
		}
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b Hearing) int { return strings.Compare(a.Name, b.Name) })
	return all
}
