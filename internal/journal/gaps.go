package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/event"
)

// gap is a time in which nobody was there to take events.
type gap struct{ since, until time.Time }

// shortestGap is how long nobody must have been there for it to be worth a
// word. It is shorter than would make a whole minute unknown.
const shortestGap = time.Minute

// inGap reports whether the minute that begins at start lies in a gap from its
// beginning to its end. The caller holds mu.
func (a *activity) inGap(start time.Time) bool {
	for _, g := range a.gaps {
		if !start.Before(g.since) && !start.Add(time.Minute).After(g.until) {
			return true
		}
	}
	return false
}

// noteGap records that nobody was there from when the journal was closed, or
// after a crash from the newest event, until now.
func (j *Journal) noteGap(ctx context.Context) error {
	now := j.opts.Now()
	since := j.write.received
	var closed int64
	err := j.reader.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'closed'").Scan(&closed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read when the journal was closed: %w", err)
	}
	since = max(since, closed)
	missed := gap{event.FromMicro(since), now}
	err = j.writeGap(ctx, missed)
	if refusedByDisk(err) { // the gap is noted once there is room
		j.opts.Logger.Warn("the journal could not note that it was opened", slog.Any("error", err))
		j.write.unnoted = &missed
		err = nil
	}
	if err != nil {
		return err
	}
	return j.loadGaps(ctx)
}

// writeGap records a gap that ends now, if it is long enough. The caller holds
// the writer.
func (j *Journal) writeGap(ctx context.Context, missed gap) error {
	err := j.write.commit(ctx, func() (err error) {
		exec := func(query string, args ...any) {
			if err == nil {
				_, err = j.write.conn.ExecContext(ctx, query, args...)
			}
		}
		exec("DELETE FROM meta WHERE name = 'closed'")
		if missed.since.UnixMicro() > 0 && missed.until.Sub(missed.since) >= shortestGap {
			exec("INSERT INTO gaps VALUES (?, ?)", missed.since.UnixMicro(), missed.until.UnixMicro())
		}
		exec("DELETE FROM gaps WHERE until < ?", j.clock.before(minutesKept*time.Minute).UnixMicro())
		exec("INSERT OR IGNORE INTO meta VALUES ('born', ?)", missed.until.UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("note a gap: %w", err)
	}
	return nil
}

// noteClosing records when the journal is closed, and what is known of the
// log. Neither is worth failing for: a full disk, say, costs no more than a
// gap that looks longer than it was. The caller holds the writer.
func (j *Journal) noteClosing() {
	if j.write.conn == nil {
		return
	}
	ctx := context.Background()
	err := j.write.commit(ctx, func() error {
		if _, err := j.saveStretches(ctx); err != nil {
			return err
		}
		if err := j.saveHead(ctx); err != nil {
			return err
		}
		if err := j.saveRemoved(ctx); err != nil {
			return err
		}
		trusted, held, _ := j.clock.saved()
		if err := j.write.putClock(ctx, trusted, held); err != nil {
			return err
		}
		_, err := j.write.conn.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('closed', ?)", j.clock.arrival().UnixMicro())
		return err
	})
	if err != nil {
		j.opts.Logger.Warn("the journal could not note that it was closed", slog.Any("error", err))
	}
}

// endGapsAhead ends gaps at a time before which they must have ended: a start
// with a clock that was ahead made them longer than they were. The caller is in
// a commit.
func (j *Journal) endGapsAhead(ctx context.Context, now time.Time) error {
	_, err := j.write.conn.ExecContext(context.WithoutCancel(ctx), "UPDATE gaps SET until = max(since, ?1) WHERE until > ?1", now.UnixMicro())
	return err
}

func (j *Journal) loadGaps(ctx context.Context) error {
	// Before the journal was there is a gap as well.
	rows, err := j.reader.QueryContext(ctx, "SELECT since, until FROM gaps UNION ALL SELECT 0, value FROM meta WHERE name = 'born'")
	if err != nil {
		return fmt.Errorf("read gaps: %w", err)
	}
	gaps, err := collect(rows, func(row interface{ Scan(...any) error }) (gap, error) {
		var since, until int64
		err := row.Scan(&since, &until)
		return gap{event.FromMicro(since), event.FromMicro(until)}, err
	})
	if err != nil {
		return fmt.Errorf("read gaps: %w", err)
	}
	if missed := j.write.unnoted; missed != nil && missed.since.UnixMicro() > 0 {
		gaps = append(gaps, *missed)
	}
	j.activity.mu.Lock()
	defer j.activity.mu.Unlock()
	j.activity.gaps = gaps
	return nil
}
