package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/lograte"
	"postern/internal/store/database"
	"postern/internal/store/segment"
)

// Retention works in small steps with pauses between them, so that the
// writer never waits for more than one step.
const (
	retainEvery    = 30 * time.Second
	retainLogEvery = time.Minute
	retainStep     = 500 // rows a step
	retainPause    = 10 * time.Millisecond
)

// Retention is what the store keeps: events and attempts for how long after
// they arrived, and the oldest of them only while the file has at most Bytes
// in use.
type Retention struct {
	Events, Attempts time.Duration
	Bytes            int64
	// Types are those of events that are kept for a shorter time.
	Types map[event.Type]time.Duration
}

// Retention returns what the store keeps.
func (s *Store) Retention() Retention {
	return Retention{Events: s.opts.Retain, Attempts: s.opts.RetainAttempts, Bytes: s.opts.RetainBytes, Types: s.opts.RetainTypes}
}

// Run removes what retention allows no longer and looks after the data folder,
// until ctx ends. It returns nil then; a failure, such as a full disk, is
// logged and tried again.
func (s *Store) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	beside.Go(func() { s.upkeep(ctx) })
	defer beside.Wait()
	ticker := time.NewTicker(retainEvery)
	defer ticker.Stop()
	if err := s.rebuildSegments(ctx); err != nil && ctx.Err() == nil {
		// Searches then look at every event there.
		s.opts.Logger.Error("accounting for older events failed", slog.Any("error", err))
	}
	log := lograte.New(s.opts.Logger, slog.LevelInfo, "retention removed events", "events", retainLogEvery)
	defer log.Flush()
	for {
		removed, err := s.Retain(ctx)
		if removed > 0 {
			log.Add(int(removed), slog.Int64("first_seq", s.First()))
		}
		overfull := s.overfull
		if err != nil && ctx.Err() == nil {
			s.opts.Logger.Error("retention failed", slog.Any("error", err))
			overfull = nil // it would fail, and be logged, every second
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-overfull:
		}
	}
}

// Retain removes every event and attempt that is too old, then the oldest
// events while the file is too large, and returns how many events went.
func (s *Store) Retain(ctx context.Context) (removed int64, err error) {
	s.retaining.Lock()
	defer s.retaining.Unlock()
	if err := s.Counters.WaitLoaded(ctx); err != nil {
		return 0, err
	}
	if err := s.keepClock(ctx); err != nil {
		return 0, err
	}
	for {
		n, moved, err := s.retainEvents(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove events: %w", err)
		}
		short, err := s.retainTypes(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove events of a type: %w", err)
		}
		removed += n + short
		blanking, err := s.blankOldest(ctx)
		if err != nil {
			return removed, fmt.Errorf("overwrite what receivers said: %w", err)
		}
		more, err := s.retainAttempts(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove attempts: %w", err)
		}
		released, err := s.dropReleased(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove what was on hold: %w", err)
		}
		forgot, err := s.retainRequests(ctx)
		if err != nil {
			return removed, fmt.Errorf("forget requests: %w", err)
		}
		shrunk, err := s.DB.Shrink(ctx)
		if err != nil {
			return removed, fmt.Errorf("give room back: %w", err)
		}
		if !moved && short == 0 && !blanking && !more && !released && !forgot && !shrunk {
			return removed, nil
		}
		if err := database.Wait(ctx, retainPause); err != nil {
			return removed, err
		}
	}
}

// retainStepOf is how many events one step removes from a log of so many that
// takes size bytes. Where events arrive faster than small steps remove them, it
// is up to four times as many, but no more than the excess takes.
func retainStepOf(size, bound, events int64) int64 {
	excess := int64(0)
	if size > bound {
		excess = int64(float64(size-bound) / float64(size) * float64(events))
	}
	return min(max(retainStep, excess), 4*retainStep)
}

// retainEvents removes up to a step's worth of the oldest events. Since they
// are numbered in the order they arrived, what goes is always a beginning of
// the log. moved says that the beginning is another one now, also where no
// event stood there any more.
func (s *Store) retainEvents(ctx context.Context) (removed int64, moved bool, err error) {
	size, err := s.retainedSize(ctx)
	if err != nil {
		return 0, false, err
	}
	// What arrives from here on isn't looked at, and stays.
	first := s.First()
	last := min(first+retainStepOf(size, s.opts.RetainBytes, s.Head()-first+1)-1, s.Head())
	if size <= s.opts.RetainBytes {
		before := s.clock.Before(s.opts.Retain).UnixMicro()
		// The first event of the step that is young enough ends it.
		err := s.reader.QueryRowContext(ctx,
			"SELECT coalesce((SELECT seq FROM events WHERE seq BETWEEN ?1 AND ?2 AND received >= ?3 ORDER BY seq LIMIT 1) - 1, ?2)",
			first, last, before).Scan(&last)
		if err != nil {
			return 0, false, err
		}
	}
	if last < first {
		return 0, false, nil
	}
	// Readers are told before the rows go, so that none shows what is gone.
	s.first.Store(last + 1)
	s.DB.Lock()
	defer s.DB.Unlock()
	var committed func()
	var saved int
	err = s.DB.Commit(ctx, func(tx *database.Tx) (err error) {
		// What arrived is known only now.
		if saved, err = s.segments.Save(ctx, tx, s.First()); err != nil {
			return err
		}
		if err := s.saveHead(ctx, tx); err != nil {
			return err
		}
		if committed, err = s.removeSegments(ctx, tx, last+1); err != nil {
			return err
		}
		if (last+1)%segment.Events != 1 {
			if err := segment.OverwriteBlocks(ctx, tx, segment.Of(last+1)); err != nil {
				return err
			}
		}
		if err := s.keepHeld(ctx, tx, fmt.Sprintf("seq <= %d", last)); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "DELETE FROM events WHERE seq <= ?", last)
		if err != nil {
			return err
		}
		if removed, err = result.RowsAffected(); err != nil {
			return err
		}
		if err := cleanAround(ctx, tx, "events", []int64{first, last}); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE meta SET value = value - ? WHERE name = 'missing'", last-first+1-removed); err != nil {
			return err
		}
		// Exhausted deliveries go with their events. Those that wait for a retry
		// are removed by their lanes, which count them as expired.
		if _, err := tx.ExecContext(ctx, "DELETE FROM pending WHERE seq <= ? AND due IS NULL", last); err != nil {
			return err
		}
		if err := forgetAcknowledgements(ctx, tx, last); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE meta SET value = ? WHERE name = 'floor'", last)
		return err
	})
	if err != nil {
		s.first.Store(first)
		return 0, false, err
	}
	s.segments.Saved(saved)
	committed()
	s.lowWatermark.Store(last)
	s.retained.Add(removed)
	s.sequenceGaps.Add(removed - (last - first + 1))
	return removed, true, nil
}

// retainAttempts removes a step's worth of attempts that are too old, or
// older than every event while the file is too large, and of removed
// endpoints that have none left. It reports whether there may be more.
func (s *Store) retainAttempts(ctx context.Context) (more bool, err error) {
	before := s.clock.Before(s.opts.RetainAttempts)
	size, err := s.retainedSize(ctx)
	if err != nil {
		return false, err
	}
	if size > s.opts.RetainBytes {
		oldest := int64(0)
		if err := s.reader.QueryRowContext(ctx, "SELECT coalesce((SELECT received FROM events ORDER BY seq LIMIT 1), ?)", s.opts.Now().UnixMicro()).Scan(&oldest); err != nil {
			return false, err
		}
		if t := event.FromMicro(oldest); t.After(before) {
			before = t
		}
	}
	if n, err := s.removeAttempts(ctx, before); err != nil || n == retainStep {
		return true, err
	}
	for _, query := range []string{
		"DELETE FROM state_changes WHERE n IN (SELECT n FROM (SELECT n, at FROM state_changes WHERE opening != 1 AND (announced IS NOT NULL OR announcement = '') ORDER BY n LIMIT 500) WHERE at < ?)",
		"DELETE FROM replays WHERE n IN (SELECT n FROM (SELECT n, ended FROM replays ORDER BY n LIMIT 500) WHERE ended < ?)",
		"DELETE FROM endpoints WHERE removed < ? AND NOT EXISTS (SELECT 1 FROM attempts WHERE endpoint = endpoints.n)",
	} {
		if _, err = s.DB.Exec(ctx, query, before.UnixMicro()); err != nil {
			return false, err
		}
	}
	return false, nil
}

// removeAttempts removes a step's worth of attempts, and returns how many rows
// that was.
func (s *Store) removeAttempts(ctx context.Context, before time.Time) (removed int, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		rows, err := tx.QueryContext(ctx, "DELETE FROM attempts WHERE n IN (SELECT n FROM (SELECT n, at FROM attempts ORDER BY n LIMIT ?) WHERE at < ?) RETURNING n", retainStep, before.UnixMilli())
		if err != nil {
			return err
		}
		gone, err := database.Collect(rows, func(row database.Row) (n int64, err error) { return n, row.Scan(&n) })
		if err != nil || len(gone) == 0 {
			return err
		}
		removed = len(gone)
		return cleanAround(ctx, tx, "attempts", gone)
	})
	return removed, err
}

// retainedSize returns the bytes that --retain-bytes bounds: those in use of the
// database, and the write-ahead log. Of the log an eighth of the bound counts at
// most, since removing events doesn't make it smaller while a backup or a broken
// disk keeps it. Events on hold don't count: they must not push out all others.
func (s *Store) retainedSize(ctx context.Context) (int64, error) {
	used, err := s.DB.Size(ctx)
	if err != nil {
		return 0, err
	}
	held, err := s.heldBytes(ctx)
	return used - held + min(s.DB.WAL(), s.opts.RetainBytes/8), err
}
