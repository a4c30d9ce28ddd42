package journal

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/event"
)

// Clock says whether the wall clock is believed.
func (j *Journal) Clock() Clock { return j.clock.state() }

// OnLog converts a time of the wall clock to one of arrivals: they differ while
// the wall clock isn't believed.
func (j *Journal) OnLog(t time.Time) time.Time { return j.clock.onLog(t) }

// Arrival returns the time that an event which arrives now is given. Times
// that are compared with it have to come from here, and not from a wall clock that
// may not be believed.
func (j *Journal) Arrival() time.Time { return j.clock.arrival() }

// ConfirmClock believes the wall clock as it is, and reports whether it was in
// doubt. A journal that another process serves is told of it: that one believes
// the clock within half a minute.
func (j *Journal) ConfirmClock(ctx context.Context) (held bool, err error) {
	if j.beside {
		if err := j.reader.QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM meta WHERE name = 'clock_held'), 0)").Scan(&held); err != nil {
			return false, fmt.Errorf("confirm the clock: %w", err)
		}
		if _, err := j.exec(ctx, "INSERT OR REPLACE INTO meta VALUES ('clock_confirmed', ?)", j.opts.Now().UnixMicro()); err != nil {
			return false, fmt.Errorf("confirm the clock: %w", err)
		}
		return held, nil
	}
	held = j.clock.confirm()
	if err := j.keepClock(ctx); err != nil {
		return held, err
	}
	return held, nil
}

// loadClock compares the clock with the newest time that the folder knows.
func (j *Journal) loadClock(ctx context.Context) error {
	var trusted, closed, confirmed int64
	var held bool
	if err := j.reader.QueryRowContext(ctx, `SELECT coalesce((SELECT value FROM meta WHERE name = 'clock'), 0), coalesce((SELECT value FROM meta WHERE name = 'clock_held'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'closed'), 0), coalesce((SELECT value FROM meta WHERE name = 'clock_confirmed'), 0)`).Scan(&trusted, &held, &closed, &confirmed); err != nil {
		return fmt.Errorf("read the saved time: %w", err)
	}
	switch {
	case confirmed > 0: // nobody served the folder meanwhile
		trusted, held = confirmed, false
	case !held: // what was written at a time in doubt may be wrong itself
		trusted = max(trusted, closed, j.write.received)
	}
	if trusted > 0 {
		j.clock.resume(event.FromMicro(trusted), held)
	}
	j.toldHeld = held && j.Clock().Held
	if err := j.keepClock(ctx); !refusedByDisk(err) {
		return err
	}
	return nil // it is kept with the next retention
}

// keepClock writes a change of what is believed of the clock to the folder, and
// logs it. A confirmation by another process counts as one by this.
func (j *Journal) keepClock(ctx context.Context) error {
	if state := j.Clock(); state.Held {
		var at int64
		if err := j.reader.QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM meta WHERE name = 'clock_confirmed'), 0)").Scan(&at); err != nil {
			return fmt.Errorf("read whether the clock was confirmed: %w", err)
		}
		// One from before the jump says nothing of the time after it.
		if at >= state.Noticed.UnixMicro() {
			j.clock.confirm()
		}
	}
	j.keepingClock.Lock()
	defer j.keepingClock.Unlock()
	trusted, held, change := j.clock.saved()
	if change != j.keptClock || change == 0 {
		j.write.mu.Lock()
		err := j.write.commit(ctx, func() error {
			if err := j.write.putClock(context.WithoutCancel(ctx), trusted, held); err != nil || held {
				return err
			}
			return j.endGapsAhead(ctx, trusted)
		})
		if err == nil {
			err = j.loadGaps(ctx)
		}
		j.write.mu.Unlock()
		if err != nil {
			return fmt.Errorf("save the time: %w", err)
		}
		j.keptClock = change
	}
	if held != j.toldHeld {
		j.toldHeld = held
		if state := j.Clock(); held {
			j.opts.Logger.Warn("the clock jumped: retention by age waits until it is confirmed, or right for an hour",
				slog.Float64("ahead_s", state.Ahead.Seconds()), slog.Time("until", state.Until))
		} else {
			j.opts.Logger.Info("the clock is believed again: retention by age goes on")
		}
	}
	return nil
}

// putClock writes the newest time that is believed. The caller is in a commit.
func (w *writer) putClock(ctx context.Context, trusted time.Time, held bool) error {
	n := 0
	if held {
		n = 1
	} else if _, err := w.conn.ExecContext(ctx, "DELETE FROM meta WHERE name = 'clock_confirmed'"); err != nil {
		return err
	}
	_, err := w.conn.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('clock', ?), ('clock_held', ?)", trusted.UnixMicro(), n)
	return err
}
