package store

import (
	"context"
	"time"

	"postern/internal/event"
)

// removeOldAttempts removes a step's worth of attempts that are too old, or older
// than every event while the file is too large. It reports whether there may be more.
func (s *Store) removeOldAttempts(ctx context.Context) (more bool, err error) {
	before, err := s.attemptsBefore(ctx)
	if err != nil {
		return false, err
	}
	return s.Deliveries.RemoveOld(ctx, before, retainRows)
}

// redactRemoved overwrites a step's worth of receivers' answers about events that
// retention has removed. It reports whether there may be more.
func (s *Store) redactRemoved(ctx context.Context) (more bool, err error) {
	return s.Deliveries.RedactRemoved(ctx, s.First()-1, retainRows)
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
