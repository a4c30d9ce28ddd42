package retention

import (
	"context"
	"fmt"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/snapshots"
)

// removeOldest removes up to a step's worth of the oldest events, if the store is too large
// (by_size.go) or they are too old (by_age.go). moved reports whether the log begins later
// now, also where it had only sequence gaps there.
func (r *Retention) removeOldest(ctx context.Context) (removed int64, moved bool, err error) {
	removed, images, moved, err := r.removeStep(ctx)
	r.rooms.Snapshots.RemoveFiles(ctx, images...)
	return removed, moved, err
}

// removeStep is removeOldest, but for the files of the snapshots that went.
func (r *Retention) removeStep(ctx context.Context) (removed int64, images []snapshots.Hash, moved bool, err error) {
	first, last, err := r.oldestToRemove(ctx)
	if err != nil || last < first {
		return 0, nil, false, err
	}
	// The bound moves before the rows are removed, so that no reader shows a removed event.
	r.rooms.Log.SetFirst(last + 1)
	r.rooms.DB.Lock()
	defer r.rooms.DB.Unlock()
	var committed func()
	err = r.rooms.DB.Commit(ctx, func(tx *database.Tx) (err error) {
		if committed, err = r.rooms.Indexer.RemoveThrough(ctx, tx, last); err != nil {
			return err
		}
		removed, images, err = r.deleteThrough(ctx, tx, first, last)
		return err
	})
	if err != nil {
		r.rooms.Log.SetFirst(first)
		return 0, nil, false, err
	}
	committed()
	r.rooms.Log.RemovedThrough(last, last-first+1-removed)
	r.removed.Add(removed)
	return removed, images, true, nil
}

// oldestToRemove returns the first and last sequence number that one step removes from the
// beginning of the log. Events that arrive from now on stay.
func (r *Retention) oldestToRemove(ctx context.Context) (first, last int64, err error) {
	size, err := r.size(ctx)
	if err != nil {
		return 0, 0, err
	}
	first = r.rooms.Log.First()
	last = min(first+stepEvents(size, r.Policy.Bytes, r.rooms.Log.Head()-first+1)-1, r.rooms.Log.Head())
	if size <= r.Policy.Bytes {
		last, err = r.lastTooOld(ctx, first, last)
	}
	return first, last, err
}

// deleteThrough deletes the rows of the events up to last, and the rows that go with
// them. Events under a legal hold are copied before.
func (r *Retention) deleteThrough(ctx context.Context, tx *database.Tx, first, last int64) (
	removed int64, images []snapshots.Hash, err error,
) {
	if err := r.rooms.Holds.Copy(ctx, tx, fmt.Sprintf("seq <= %d", last)); err != nil {
		return 0, nil, err
	}
	var arrived int64 // when the newest event arrived that is removed
	if err := tx.QueryRowContext(ctx, "SELECT coalesce((SELECT received FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT 1), 0)",
		last).Scan(&arrived); err != nil {
		return 0, nil, err
	}
	// No event is left that names an older silence.
	if err := r.rooms.Silences.Forget(ctx, tx, event.FromMicro(arrived)); err != nil {
		return 0, nil, err
	}
	// Exhausted deliveries go with their events. Delivery workers remove those that
	// wait for a retry, and count them as expired.
	if err := deliveries.ExpireExhausted(ctx, tx, fmt.Sprintf("seq <= %d", last), event.FromMicro(arrived)); err != nil {
		return 0, nil, err
	}
	result, err := tx.ExecContext(ctx, "DELETE FROM events WHERE seq <= ?", last)
	if err != nil {
		return 0, nil, err
	}
	if removed, err = result.RowsAffected(); err != nil {
		return 0, nil, err
	}
	if err := tx.Scrub(ctx, "events", []int64{first, last}); err != nil {
		return 0, nil, err
	}
	if images, err = snapshots.RemoveOfEvents(ctx, tx, fmt.Sprintf("seq <= %d", last)); err != nil {
		return 0, nil, err
	}
	if err := r.rooms.Alerts.Forget(ctx, tx, last); err != nil {
		return 0, nil, err
	}
	for _, change := range []struct {
		query string
		value int64
	}{
		{"UPDATE meta SET value = value - ? WHERE name = 'missing'", last - first + 1 - removed},
		{"UPDATE meta SET value = ? WHERE name = 'floor'", last},
	} {
		if _, err := tx.ExecContext(ctx, change.query, change.value); err != nil {
			return 0, nil, err
		}
	}
	return removed, images, nil
}
