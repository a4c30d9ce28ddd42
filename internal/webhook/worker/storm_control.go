package worker

import (
	"time"

	"postern/internal/event"
)

// maxDedupKeys bounds the memory of an endpoint's storm control. Beyond it,
// windows are forgotten: at worst an event too many is sent, never one too few.
const maxDedupKeys = 10_000

// dedupWindow is storm control: it passes at most one event per camera, type
// and identity within a window, and counts the others. The zero dedupWindow
// passes all events. Its state is lost on a restart.
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

// pass decides about an event that arrived at now. If it may be sent,
// suppressed is the number of similar events that were held back since the last
// one that was sent.
func (d *dedupWindow) pass(e *event.Event, now time.Time) (suppressed int, ok bool) {
	if d.window <= 0 {
		return 0, true
	}
	key := dedupKey{e.Camera, e.Type, e.Identity()}
	entry, known := d.seen[key]
	// Times of arrival decrease if a fast clock is corrected.
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
