package worker

import (
	"time"

	"postern/internal/event"
)

// maxStormKeys bounds what storm control remembers of one endpoint. Beyond
// it, windows are forgotten: at worst an event too many is sent, never one
// too few.
const maxDedupKeys = 10_000

// storm lets through at most one event per camera, type and identity within
// a window, and counts the others. The zero storm lets everything through.
// Its content is lost on a restart.
type dedupWindow struct {
	window time.Duration
	seen   map[dedupKey]dedupEntry
}

type dedupKey struct {
	camera   string
	kind     event.Type
	identity string
}

type dedupEntry struct {
	ends       time.Time
	suppressed int
}

// pass decides about an event that arrived at now. When it may go, it returns how many like it were held back since the last that went.
func (d *dedupWindow) pass(e *event.Event, now time.Time) (suppressed int, ok bool) {
	if d.window <= 0 {
		return 0, true
	}
	key := dedupKey{e.Camera, e.Type, e.Identity()}
	entry, known := d.seen[key]
	// Arrivals go back where a clock that was ahead is set right.
	if known && now.Before(entry.ends) && !now.Before(entry.ends.Add(-d.window)) {
		entry.suppressed++
		d.seen[key] = entry
		return 0, false
	}
	if d.seen == nil {
		d.seen = make(map[dedupKey]dedupEntry)
	}
	if !known && len(d.seen) >= maxDedupKeys {
		d.forget(now)
	}
	d.seen[key] = dedupEntry{ends: now.Add(d.window)}
	return entry.suppressed, true
}

// forget drops the windows that have ended, and the rest too where that isn't
// enough.
func (d *dedupWindow) forget(now time.Time) {
	for key, entry := range d.seen {
		if !now.Before(entry.ends) {
			delete(d.seen, key)
		}
	}
	if len(d.seen) >= maxDedupKeys {
		clear(d.seen)
	}
}
