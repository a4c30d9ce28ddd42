package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"postern/internal/store/database"
)

// bounds are the sequence numbers between which the log has events.
type bounds struct {
	first        atomic.Int64
	lowWatermark atomic.Int64 // events up to it are removed, and that is durable
	head         atomic.Int64
	sequenceGaps atomic.Int64 // numbers from first to head without an event
	removedTypes atomic.Int64 // an event.TypeSet: types of which events from first to head are removed
	sumsFrom     int64        // events from this number on have a checksum
}

// loadBounds finds the first and last sequence number that are kept.
func (s *Store) loadBounds(ctx context.Context) error {
	var lowWatermark, removed int64
	err := s.reader.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE name = 'floor'), (SELECT coalesce(max(n), 0) FROM erasures),
		coalesce((SELECT value FROM meta WHERE name = 'missing'), 0), coalesce((SELECT value FROM meta WHERE name = 'removed'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'thinned'), 0), (SELECT value FROM meta WHERE name = 'sums_from')`).
		Scan(&lowWatermark, &s.erasedBefore, database.Atomic(&s.sequenceGaps), &removed, database.Atomic(&s.removedTypes), &s.sumsFrom)
	if err != nil {
		return fmt.Errorf("read the store's bounds: %w", err)
	}
	s.first.Store(lowWatermark + 1)
	s.lowWatermark.Store(lowWatermark)
	s.head.Store(lowWatermark)
	err = s.reader.QueryRowContext(ctx, "SELECT seq, received FROM events ORDER BY seq DESC LIMIT 1").
		Scan(database.Atomic(&s.head), &s.append.received)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the store's bounds: %w", err)
	}
	// The newest event may be one that is kept for a short time only. Its
	// number isn't used again.
	s.head.Store(max(s.head.Load(), removed))
	return nil
}

// First returns the oldest sequence number that is kept; Head+1 when none is.
func (s *Store) First() int64 { return s.first.Load() }

// LowWatermark returns the sequence number up to which every event is removed for
// good. First moves before a removal is durable, the low watermark after it.
func (s *Store) LowWatermark() int64 { return s.lowWatermark.Load() }

// Head returns the newest sequence number; zero before the first event.
func (s *Store) Head() int64 { return s.head.Load() }

// SequenceGaps returns how many sequence numbers from First to Head have no event,
// since the event was of a type that is kept for a shorter time.
func (s *Store) SequenceGaps() int64 { return s.sequenceGaps.Load() }
