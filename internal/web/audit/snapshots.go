package audit

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
)

// A list shows the snapshots of dozens of events, and each must be on record. The first
// look of a principal is written before the image is sent, so that nothing is shown
// that the audit can't take. The looks of the minute that follows are written together,
// in entries that name their events. A crash loses the names of at most one minute, and
// not that the principal looked.
const (
	looksTime  = time.Minute
	looksBytes = 1600 // of the ids in one entry, whose details have a bound
	maxLooking = 1000 // principals at once; beyond them, each look has an entry
)

// looks are the looks at snapshots that aren't written yet.
type looks struct {
	mu     sync.Mutex
	by     map[access.Actor]*looksOf
	closed bool
}

// looksOf are the looks of one principal within a minute. The first is written.
type looksOf struct {
	first   string
	pending []string // ids of events
	bytes   int
	timer   *time.Timer
}

// Snapshot puts a look at an event's snapshot on record. Its error means that the
// snapshot may not be shown.
func (r *Recorder) Snapshot(c *fiber.Ctx, e *event.Event) error {
	if r.access == nil {
		return nil
	}
	by := r.Actor(c)
	full, recorded := r.looks.add(by, e.ID, r.flushLooks)
	if recorded {
		return nil
	}
	entry := access.Entry{Action: access.SnapshotSee, Target: e.ID}
	if len(full) > 0 {
		entry = looksEntry(full)
	}
	err := r.access.RecordRead(c.UserContext(), by, entry)
	if err != nil {
		r.looks.undo(by, full)
	}
	return err
}

// add notes a look. recorded says that an entry has it or will have it. Without ids to
// write, the caller writes the look itself, else the ids, of which it is one.
func (l *looks) add(by access.Actor, id string, flush func(access.Actor, *looksOf)) (full []string, recorded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.by[by]
	if of == nil {
		if l.closed || len(l.by) >= maxLooking {
			return nil, false
		}
		if l.by == nil {
			l.by = make(map[access.Actor]*looksOf)
		}
		of = &looksOf{first: id}
		of.timer = time.AfterFunc(looksTime, func() { flush(by, of) })
		l.by[by] = of
		return nil, false
	}
	if id == of.first || slices.Contains(of.pending, id) {
		return nil, true
	}
	of.pending, of.bytes = append(of.pending, id), of.bytes+len(id)+len(`"",`)
	if of.bytes < looksBytes {
		return nil, true
	}
	full, of.pending, of.bytes = of.pending, nil, 0
	return full, false
}

// undo forgets a look that couldn't be written: the next one is a first one again. Those
// before it, which were shown, are kept for the next entry.
func (l *looks) undo(by access.Actor, full []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.by[by]
	if of == nil {
		return
	}
	if len(full) == 0 {
		of.timer.Stop()
		delete(l.by, by)
		return
	}
	of.pending = append(full[:len(full)-1], of.pending...)
	for _, id := range full[:len(full)-1] {
		of.bytes += len(id) + len(`"",`)
	}
}

// take ends a principal's minute, and returns the looks to write.
func (l *looks) take(by access.Actor, of *looksOf) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[by] != of {
		return nil // it has ended already
	}
	delete(l.by, by)
	return of.pending
}

func looksEntry(ids []string) access.Entry {
	return access.Entry{Action: access.SnapshotSee, Details: access.Details{"events": ids}}
}

// flushLooks writes the looks of a principal's minute.
func (r *Recorder) flushLooks(by access.Actor, of *looksOf) {
	ids := r.looks.take(by, of)
	if len(ids) == 0 {
		return
	}
	if err := r.access.Record(context.Background(), by, looksEntry(ids)); err != nil {
		r.log.Error("audit entry not written", slog.String("action", string(access.SnapshotSee)), slog.Int("events", len(ids)),
			slog.Any("error", err))
	}
}

// Close writes what isn't written yet. Looks after it have an entry each.
func (r *Recorder) Close() {
	r.looks.mu.Lock()
	r.looks.closed = true
	left := make(map[access.Actor]*looksOf, len(r.looks.by))
	for by, of := range r.looks.by {
		of.timer.Stop()
		left[by] = of
	}
	r.looks.mu.Unlock()
	for by, of := range left {
		r.flushLooks(by, of)
	}
}
