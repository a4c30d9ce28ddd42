package store

import (
	"context"
	"fmt"

	"postern/internal/store/alerts"
	"postern/internal/store/database"
	"postern/internal/store/segment"
)

// removeOldest removes up to a step's worth of the oldest events, while the store is
// too large (retention_by_size.go) or they are too old (retention_by_age.go). moved
// says that the log begins later now, also where it had no event there any more.
func (s *Store) removeOldest(ctx context.Context) (removed int64, moved bool, err error) {
	first, last, err := s.oldestToRemove(ctx)
	if err != nil || last < first {
		return 0, false, err
	}
	// Readers are told before the rows go, so that none shows a removed event.
	s.SetFirst(last + 1)
	s.DB.Lock()
	defer s.DB.Unlock()
	var committed func()
	err = s.DB.Commit(ctx, func(tx *database.Tx) (err error) {
		if committed, err = s.removeBeginning(ctx, tx, last); err != nil {
			return err
		}
		removed, err = s.deleteThrough(ctx, tx, first, last)
		return err
	})
	if err != nil {
		s.SetFirst(first)
		return 0, false, err
	}
	committed()
	s.RemovedThrough(last, last-first+1-removed)
	s.retained.Add(removed)
	return removed, true, nil
}

// oldestToRemove returns the sequence numbers that one step is to remove from the
// beginning of the log. Events that arrive from now on stay.
func (s *Store) oldestToRemove(ctx context.Context) (first, last int64, err error) {
	size, err := s.retainedSize(ctx)
	if err != nil {
		return 0, 0, err
	}
	first = s.First()
	last = min(first+eventsAStep(size, s.opts.RetainBytes, s.Head()-first+1)-1, s.Head())
	if size <= s.opts.RetainBytes {
		last, err = s.lastTooOld(ctx, first, last)
	}
	return first, last, err
}

// removeBeginning removes the segments up to a sequence number from the index and
// the counters. The caller calls committed after the commit.
func (s *Store) removeBeginning(ctx context.Context, tx *database.Tx, last int64) (committed func(), err error) {
	// The counters of events that are removed can't be made again: they are saved.
	saved, err := s.Index.Save(ctx, tx, s.First())
	if err != nil {
		return nil, err
	}
	if err := s.saveHead(ctx, tx); err != nil {
		return nil, err
	}
	removed, err := s.removeSegments(ctx, tx, last+1)
	if err != nil {
		return nil, err
	}
	if (last+1)%segment.Events != 1 {
		if err := segment.OverwriteBlocks(ctx, tx, segment.Of(last+1)); err != nil {
			return nil, err
		}
	}
	return func() {
		s.Index.Saved(saved)
		removed()
	}, nil
}

// deleteThrough deletes the rows of the events up to last, and the rows that go with
// them. Events under a legal hold are copied before.
func (s *Store) deleteThrough(ctx context.Context, tx *database.Tx, first, last int64) (removed int64, err error) {
	if err := s.Holds.Copy(ctx, tx, fmt.Sprintf("seq <= %d", last)); err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, "DELETE FROM events WHERE seq <= ?", last)
	if err != nil {
		return 0, err
	}
	if removed, err = result.RowsAffected(); err != nil {
		return 0, err
	}
	if err := tx.Scrub(ctx, "events", []int64{first, last}); err != nil {
		return 0, err
	}
	if err := alerts.Forget(ctx, tx, last); err != nil {
		return 0, err
	}
	for _, change := range []struct {
		query string
		value int64
	}{
		{"UPDATE meta SET value = value - ? WHERE name = 'missing'", last - first + 1 - removed},
		// Exhausted deliveries go with their events. Delivery workers remove those that
		// wait for a retry, and count them as expired.
		{"DELETE FROM pending WHERE seq <= ? AND due IS NULL", last},
		{"UPDATE meta SET value = ? WHERE name = 'floor'", last},
	} {
		if _, err := tx.ExecContext(ctx, change.query, change.value); err != nil {
			return 0, err
		}
	}
	return removed, nil
}
