package store

import (
	"context"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// removeOldAttempts removes a step's worth of attempts that are too old, or
// older than every event while the file is too large, and of removed
// endpoints that have none left. It reports whether there may be more.
func (s *Store) removeOldAttempts(ctx context.Context) (more bool, err error) {
	before, err := s.attemptsBefore(ctx)
	if err != nil {
		return false, err
	}
	if n, err := s.removeAttempts(ctx, before); err != nil || n == retainRows {
		return true, err
	}
	for _, query := range []string{
		`DELETE FROM state_changes WHERE n IN (SELECT n FROM (SELECT n, at FROM state_changes
			WHERE opening != 1 AND (announced IS NOT NULL OR announcement = '') ORDER BY n LIMIT 500) WHERE at < ?)`,
		"DELETE FROM replays WHERE n IN (SELECT n FROM (SELECT n, ended FROM replays ORDER BY n LIMIT 500) WHERE ended < ?)",
		"DELETE FROM endpoints WHERE removed < ? AND NOT EXISTS (SELECT 1 FROM attempts WHERE endpoint = endpoints.n)",
	} {
		if _, err = s.DB.Exec(ctx, query, before.UnixMicro()); err != nil {
			return false, err
		}
	}
	return false, nil
}

// attemptsBefore returns the time before which attempts are removed: the bound of
// their age, or the arrival of the oldest event while the store is too large.
func (s *Store) attemptsBefore(ctx context.Context) (time.Time, error) {
	before := s.clock.Before(s.opts.RetainAttempts)
	size, err := s.retainedSize(ctx)
	if err != nil || size <= s.opts.RetainBytes {
		return before, err
	}
	var oldest int64
	err = s.reader.QueryRowContext(ctx, "SELECT coalesce((SELECT received FROM events ORDER BY seq LIMIT 1), ?)",
		s.opts.Now().UnixMicro()).Scan(&oldest)
	if t := event.FromMicro(oldest); err == nil && t.After(before) {
		before = t
	}
	return before, err
}

// removeAttempts removes a step's worth of attempts, and returns how many rows
// that was.
func (s *Store) removeAttempts(ctx context.Context, before time.Time) (removed int, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		rows, err := tx.QueryContext(ctx, `DELETE FROM attempts WHERE n IN (SELECT n FROM (SELECT n, at FROM attempts ORDER BY n LIMIT ?)
			WHERE at < ?) RETURNING n`, retainRows, before.UnixMilli())
		if err != nil {
			return err
		}
		gone, err := database.Collect(rows, database.ScanNumber)
		if err != nil || len(gone) == 0 {
			return err
		}
		removed = len(gone)
		return tx.Scrub(ctx, "attempts", gone)
	})
	return removed, err
}
