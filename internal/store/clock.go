package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/wallclock"
)

// Clock says whether the wall clock is trusted.
func (s *Store) Clock() wallclock.State { return s.clock.State() }

// OnLog converts a time of the wall clock to a time of arrival: they differ while the
// wall clock is in doubt.
func (s *Store) OnLog(t time.Time) time.Time { return s.clock.OnLog(t) }

// Arrival returns the time of arrival for an event that arrives now. Compare times of
// arrival with this one, and not with a wall clock that may be in doubt.
func (s *Store) Arrival() time.Time { return s.clock.Arrival() }

// ConfirmClock trusts the wall clock as it is, and reports whether it was in doubt.
// A store that was opened for a command notes it for the next Open.
func (s *Store) ConfirmClock(ctx context.Context) (held bool, err error) {
	if s.accessOnly {
		err := s.reader.QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM meta WHERE name = 'clock_held'), 0)").Scan(&held)
		if err != nil {
			return false, fmt.Errorf("confirm the clock: %w", err)
		}
		if _, err := s.DB.Exec(ctx, "INSERT OR REPLACE INTO meta VALUES ('clock_confirmed', ?)", s.opts.Now().UnixMicro()); err != nil {
			return false, fmt.Errorf("confirm the clock: %w", err)
		}
		return held, nil
	}
	held = s.clock.Confirm()
	if err := s.keepClock(ctx); err != nil {
		return held, err
	}
	return held, nil
}

// loadClock compares the clock with the newest time in the data folder.
func (s *Store) loadClock(ctx context.Context) error {
	var trusted, closed, confirmed int64
	var held bool
	err := s.reader.QueryRowContext(ctx, `SELECT coalesce((SELECT value FROM meta WHERE name = 'clock'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'clock_held'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'closed'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'clock_confirmed'), 0)`).Scan(&trusted, &held, &closed, &confirmed)
	if err != nil {
		return fmt.Errorf("read the saved time: %w", err)
	}
	switch {
	case confirmed > 0: // no process served the folder since then
		trusted, held = confirmed, false
	case !held: // times that were saved in doubt may be wrong themselves
		trusted = max(trusted, closed, s.append.received)
	}
	if trusted > 0 {
		s.clock.Resume(event.FromMicro(trusted), held)
	}
	s.toldHeld = held && s.Clock().Held
	if err := s.keepClock(ctx); !database.RefusedByDisk(err) {
		return err
	}
	return nil // it is saved with the next retention
}

// keepClock saves and logs whether the clock is trusted, when that has changed.
func (s *Store) keepClock(ctx context.Context) error {
	s.keepingClock.Lock()
	defer s.keepingClock.Unlock()
	trusted, held, change := s.clock.Saved()
	if change != s.keptClock || change == 0 {
		s.DB.Lock()
		err := s.DB.Commit(ctx, func(tx *database.Tx) error {
			if err := putClock(ctx, tx, trusted, held); err != nil || held {
				return err
			}
			return counters.EndDowntimes(ctx, tx, trusted)
		})
		if err == nil {
			err = s.Counters.LoadDowntimes(ctx, s.unsavedDowntime)
		}
		s.DB.Unlock()
		if err != nil {
			return fmt.Errorf("save the time: %w", err)
		}
		s.keptClock = change
	}
	if held != s.toldHeld {
		s.toldHeld = held
		if state := s.Clock(); held {
			s.opts.Logger.Warn("the clock jumped: retention by age waits until it is confirmed, or right for an hour",
				slog.Float64("ahead_s", state.Ahead.Seconds()), slog.Time("until", state.Until))
		} else {
			s.opts.Logger.Info("the clock is trusted again: retention by age continues")
		}
	}
	return nil
}

// putClock writes the newest trusted time. The caller is in a commit.
func putClock(ctx context.Context, tx *database.Tx, trusted time.Time, held bool) error {
	n := 0
	if held {
		n = 1
	} else if _, err := tx.ExecContext(ctx, "DELETE FROM meta WHERE name = 'clock_confirmed'"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('clock', ?), ('clock_held', ?)", trusted.UnixMicro(), n)
	return err
}
