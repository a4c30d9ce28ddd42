package store

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

// noteGap records that nobody was there from when the store was closed, or
// after a crash from the newest event, until now.
func (s *Store) noteGap(ctx context.Context) error {
	now := s.opts.Now()
	since := s.write.received
	var closed int64
	err := s.reader.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'closed'").Scan(&closed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read when the store was closed: %w", err)
	}
	since = max(since, closed)
	missed := gap{event.FromMicro(since), now}
	err = s.writeGap(ctx, missed)
	if refusedByDisk(err) { // the gap is noted once there is room
		s.opts.Logger.Warn("the store could not note that it was opened", slog.Any("error", err))
		s.write.unnoted = &missed
		err = nil
	}
	if err != nil {
		return err
	}
	return s.loadGaps(ctx)
}

// writeGap records a gap that ends now, if it is long enough. The caller holds
// the writer.
func (s *Store) writeGap(ctx context.Context, missed gap) error {
	err := s.write.commit(ctx, func() (err error) {
		exec := func(query string, args ...any) {
			if err == nil {
				_, err = s.write.conn.ExecContext(ctx, query, args...)
			}
		}
		exec("DELETE FROM meta WHERE name = 'closed'")
		if missed.since.UnixMicro() > 0 && missed.until.Sub(missed.since) >= shortestGap {
			exec("INSERT INTO gaps VALUES (?, ?)", missed.since.UnixMicro(), missed.until.UnixMicro())
		}
		exec("DELETE FROM gaps WHERE until < ?", s.clock.before(minutesKept*time.Minute).UnixMicro())
		exec("INSERT OR IGNORE INTO meta VALUES ('born', ?)", missed.until.UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("note a gap: %w", err)
	}
	return nil
}

// noteClosing records when the store is closed, and what is known of the
// log. Neither is worth failing for: a full disk, say, costs no more than a
// gap that looks longer than it was. The caller holds the writer.
func (s *Store) noteClosing() {
	if s.write.conn == nil {
		return
	}
	ctx := context.Background()
	err := s.write.commit(ctx, func() error {
		if _, err := s.segments.Save(ctx, s.write.conn, s.First()); err != nil {
			return err
		}
		if err := s.saveHead(ctx); err != nil {
			return err
		}
		if err := s.saveRemoved(ctx); err != nil {
			return err
		}
		trusted, held, _ := s.clock.saved()
		if err := s.write.putClock(ctx, trusted, held); err != nil {
			return err
		}
		_, err := s.write.conn.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('closed', ?)", s.clock.arrival().UnixMicro())
		return err
	})
	if err != nil {
		s.opts.Logger.Warn("the store could not note that it was closed", slog.Any("error", err))
	}
}

// endGapsAhead ends gaps at a time before which they must have ended: a start
// with a clock that was ahead made them longer than they were. The caller is in
// a commit.
func (s *Store) endGapsAhead(ctx context.Context, now time.Time) error {
	_, err := s.write.conn.ExecContext(context.WithoutCancel(ctx), "UPDATE gaps SET until = max(since, ?1) WHERE until > ?1", now.UnixMicro())
	return err
}

func (s *Store) loadGaps(ctx context.Context) error {
	// Before the store was there is a gap as well.
	rows, err := s.reader.QueryContext(ctx, "SELECT since, until FROM gaps UNION ALL SELECT 0, value FROM meta WHERE name = 'born'")
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
	if missed := s.write.unnoted; missed != nil && missed.since.UnixMicro() > 0 {
		gaps = append(gaps, *missed)
	}
	s.activity.mu.Lock()
	defer s.activity.mu.Unlock()
	s.activity.gaps = gaps
	return nil
}
