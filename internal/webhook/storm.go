package webhook

import (
	"time"

	"postern/internal/event"
)

// maxStormKeys bounds what storm control remembers of one endpoint. Beyond
// it, windows are forgotten: at worst an event too many is sent, never one
// too few.
const maxStormKeys = 10_000

// storm lets through at most one event per camera, type and identity within
// a window, and counts the others. The zero storm lets everything through.
// What it remembers is lost on a restart.
type storm struct {
	window time.Duration
	seen   map[stormKey]stormEntry
}

type stormKey struct {
	camera   string
	kind     event.Type
	identity string
}

type stormEntry struct {
	ends       time.Time
	suppressed int
}

// pass decides about an event that arrived at now. When it may go, it returns how many like it were held back since the last that went.
func (s *storm) pass(e *event.Event, now time.Time) (suppressed int, ok bool) {
	if s.window <= 0 {
		return 0, true
	}
	key := stormKey{e.Camera, e.Type, e.Identity()}
	entry, known := s.seen[key]
	// Arrivals go back where a clock that was ahead is set right.
	if known && now.Before(entry.ends) && !now.Before(entry.ends.Add(-s.window)) {
		entry.suppressed++
		s.seen[key] = entry
		return 0, false
	}
	if s.seen == nil {
		s.seen = make(map[stormKey]stormEntry)
	}
	if !known && len(s.seen) >= maxStormKeys {
		s.forget(now)
	}
	s.seen[key] = stormEntry{ends: now.Add(s.window)}
	return entry.suppressed, true
}

// forget drops the windows that have ended, and the rest too where that isn't
// enough.
func (s *storm) forget(now time.Time) {
	for key, entry := range s.seen {
		if !now.Before(entry.ends) {
			delete(s.seen, key)
		}
	}
	if len(s.seen) >= maxStormKeys {
		clear(s.seen)
	}
}
