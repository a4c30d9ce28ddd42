package journal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/lograte"
)

// Retention works in small steps with pauses between them, so that the
// writer never waits for more than one step.
const (
	retainEvery     = 30 * time.Second
	retainLogEvery  = time.Minute
	retainStep      = 500 // rows a step
	retainPause     = 10 * time.Millisecond
	vacuumStepPages = 256
)

// Retention is what the journal keeps: events and attempts for how long after
// they arrived, and the oldest of them only while the file has at most Bytes
// in use.
type Retention struct {
	Events, Attempts time.Duration
	Bytes            int64
	// Types are those of events that are kept for a shorter time.
	Types map[event.Type]time.Duration
}

// Retention returns what the journal keeps.
func (j *Journal) Retention() Retention {
	return Retention{Events: j.opts.Retain, Attempts: j.opts.RetainAttempts, Bytes: j.opts.RetainBytes, Types: j.opts.RetainTypes}
}

// Run removes what retention allows no longer and looks after the data folder,
// until ctx ends. It returns nil then; a failure, such as a full disk, is
// logged and tried again.
func (j *Journal) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	beside.Go(func() { j.upkeep(ctx) })
	defer beside.Wait()
	ticker := time.NewTicker(retainEvery)
	defer ticker.Stop()
	if err := j.makeStretches(ctx); err != nil && ctx.Err() == nil {
		// Searches then look at every event there.
		j.opts.Logger.Error("accounting for older events failed", slog.Any("error", err))
	}
	log := lograte.New(j.opts.Logger, slog.LevelInfo, "retention removed events", "events", retainLogEvery)
	defer log.Flush()
	for {
		removed, err := j.Retain(ctx)
		if removed > 0 {
			log.Add(int(removed), slog.Int64("first_seq", j.First()))
		}
		overfull := j.overfull
		if err != nil && ctx.Err() == nil {
			j.opts.Logger.Error("retention failed", slog.Any("error", err))
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
func (j *Journal) Retain(ctx context.Context) (removed int64, err error) {
	j.retaining.Lock()
	defer j.retaining.Unlock()
	if err := j.loaded(ctx); err != nil {
		return 0, err
	}
	if err := j.keepClock(ctx); err != nil {
		return 0, err
	}
	for {
		n, moved, err := j.retainEvents(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove events: %w", err)
		}
		short, err := j.retainTypes(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove events of a type: %w", err)
		}
		removed += n + short
		blanking, err := j.blankOldest(ctx)
		if err != nil {
			return removed, fmt.Errorf("overwrite what receivers said: %w", err)
		}
		more, err := j.retainAttempts(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove attempts: %w", err)
		}
		released, err := j.dropReleased(ctx)
		if err != nil {
			return removed, fmt.Errorf("remove what was on hold: %w", err)
		}
		forgot, err := j.retainRequests(ctx)
		if err != nil {
			return removed, fmt.Errorf("forget requests: %w", err)
		}
		shrunk, err := j.giveBack(ctx)
		if err != nil {
			return removed, fmt.Errorf("give room back: %w", err)
		}
		if !moved && short == 0 && !blanking && !more && !released && !forgot && !shrunk {
			return removed, nil
		}
		if err := wait(ctx, retainPause); err != nil {
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
func (j *Journal) retainEvents(ctx context.Context) (removed int64, moved bool, err error) {
	size, err := j.retainedSize(ctx)
	if err != nil {
		return 0, false, err
	}
	// What arrives from here on isn't looked at, and stays.
	first := j.First()
	last := min(first+retainStepOf(size, j.opts.RetainBytes, j.Head()-first+1)-1, j.Head())
	if size <= j.opts.RetainBytes {
		before := j.clock.before(j.opts.Retain).UnixMicro()
		// The first event of the step that is young enough ends it.
		err := j.reader.QueryRowContext(ctx,
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
	j.first.Store(last + 1)
	w := &j.write
	w.mu.Lock()
	defer w.mu.Unlock()
	var forget func()
	var saved int
	err = w.commit(ctx, func() (err error) {
		ctx := context.WithoutCancel(ctx)
		// What arrived is known only now.
		if saved, err = j.saveStretches(ctx); err != nil {
			return err
		}
		if err := j.saveHead(ctx); err != nil {
			return err
		}
		if forget, err = j.dropStretches(ctx, last+1); err != nil {
			return err
		}
		if (last+1)%stretchEvents != 1 {
			if err := w.blankIndex(ctx, stretchOf(last+1)); err != nil {
				return err
			}
		}
		if err := j.keepHeld(ctx, fmt.Sprintf("seq <= %d", last)); err != nil {
			return err
		}
		result, err := w.conn.ExecContext(ctx, "DELETE FROM events WHERE seq <= ?", last)
		if err != nil {
			return err
		}
		if removed, err = result.RowsAffected(); err != nil {
			return err
		}
		if err := w.cleanAround(ctx, "events", []int64{first, last}); err != nil {
			return err
		}
		if _, err := w.conn.ExecContext(ctx, "UPDATE meta SET value = value - ? WHERE name = 'missing'", last-first+1-removed); err != nil {
			return err
		}
		// Exhausted deliveries go with their events. Those that wait for a retry
		// are removed by their lanes, which count them as expired.
		if _, err := w.conn.ExecContext(ctx, "DELETE FROM pending WHERE seq <= ? AND due IS NULL", last); err != nil {
			return err
		}
		if err := w.forgetAcknowledgements(ctx, last); err != nil {
			return err
		}
		_, err = w.conn.ExecContext(ctx, "UPDATE meta SET value = ? WHERE name = 'floor'", last)
		return err
	})
	if err != nil {
		j.first.Store(first)
		return 0, false, err
	}
	j.stretchesSaved(saved)
	forget()
	j.removed.Store(last)
	w.counters.removed.Add(removed)
	j.missing.Add(removed - (last - first + 1))
	return removed, true, nil
}

// retainAttempts removes a step's worth of attempts that are too old, or
// older than every event while the file is too large, and of removed
// endpoints that have none left. It reports whether there may be more.
func (j *Journal) retainAttempts(ctx context.Context) (more bool, err error) {
	before := j.clock.before(j.opts.RetainAttempts)
	size, err := j.retainedSize(ctx)
	if err != nil {
		return false, err
	}
	if size > j.opts.RetainBytes {
		oldest := int64(0)
		if err := j.reader.QueryRowContext(ctx, "SELECT coalesce((SELECT received FROM events ORDER BY seq LIMIT 1), ?)", j.opts.Now().UnixMicro()).Scan(&oldest); err != nil {
			return false, err
		}
		if t := event.FromMicro(oldest); t.After(before) {
			before = t
		}
	}
	if n, err := j.removeAttempts(ctx, before); err != nil || n == retainStep {
		return true, err
	}
	for _, query := range []string{
		"DELETE FROM state_changes WHERE n IN (SELECT n FROM (SELECT n, at FROM state_changes WHERE opening != 1 AND (announced IS NOT NULL OR announcement = '') ORDER BY n LIMIT 500) WHERE at < ?)",
		"DELETE FROM replays WHERE n IN (SELECT n FROM (SELECT n, ended FROM replays ORDER BY n LIMIT 500) WHERE ended < ?)",
		"DELETE FROM endpoints WHERE removed < ? AND NOT EXISTS (SELECT 1 FROM attempts WHERE endpoint = endpoints.n)",
	} {
		if _, err = j.exec(ctx, query, before.UnixMicro()); err != nil {
			return false, err
		}
	}
	return false, nil
}

// removeAttempts removes a step's worth of attempts, and returns how many rows
// that was.
func (j *Journal) removeAttempts(ctx context.Context, before time.Time) (removed int, err error) {
	j.write.mu.Lock()
	defer j.write.mu.Unlock()
	err = j.write.commit(ctx, func() error {
		ctx := context.WithoutCancel(ctx)
		rows, err := j.write.conn.QueryContext(ctx, "DELETE FROM attempts WHERE n IN (SELECT n FROM (SELECT n, at FROM attempts ORDER BY n LIMIT ?) WHERE at < ?) RETURNING n", retainStep, before.UnixMilli())
		if err != nil {
			return err
		}
		gone, err := collect(rows, func(row interface{ Scan(...any) error }) (n int64, err error) { return n, row.Scan(&n) })
		if err != nil || len(gone) == 0 {
			return err
		}
		removed = len(gone)
		return j.write.cleanAround(ctx, "attempts", gone)
	})
	return removed, err
}

// giveBack returns free pages to the disk, a few at a time, once they are
// more than a tenth of the file; fewer are soon used again.
func (j *Journal) giveBack(ctx context.Context) (shrunk bool, err error) {
	_, total, free, err := j.pages(ctx)
	if err != nil {
		return false, err
	}
	if free < 4*vacuumStepPages || free < total/10 {
		return false, nil
	}
	if _, err := j.exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumStepPages)); err != nil {
		return false, err
	}
	// A file that was restored from a dump may not be able to shrink: going
	// on would never end.
	_, left, _, err := j.pages(ctx)
	return left < total, err
}

// retainedSize returns the bytes that --retain-bytes bounds: those in use of the
// database, and the write-ahead log. Of the log an eighth of the bound counts at
// most, since removing events doesn't make it smaller while a backup or a broken
// disk keeps it. Events on hold don't count: they must not push out all others.
func (j *Journal) retainedSize(ctx context.Context) (int64, error) {
	used, _, _, err := j.pages(ctx)
	if err != nil {
		return 0, err
	}
	held, err := j.heldBytes(ctx)
	return used - held + min(j.WAL(), j.opts.RetainBytes/8), err
}

// pages returns the bytes in use, and the file's pages in all and free.
func (j *Journal) pages(ctx context.Context) (used, total, free int64, err error) {
	var size int64
	err = j.reader.QueryRowContext(ctx,
		"SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size").Scan(&total, &free, &size)
	return (total - free) * size, total, free, err
}

// Size returns how many bytes of the journal's file are in use.
func (j *Journal) Size(ctx context.Context) (int64, error) {
	used, _, _, err := j.pages(ctx)
	if err != nil {
		return 0, fmt.Errorf("measure journal: %w", err)
	}
	return used, nil
}
