package deliveries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
)

// changeState sets an endpoint's state, if it is another one than before and
// that is among those given (none means any), and records the change.
func changeState(ctx context.Context, tx *database.Tx, endpoint int64, c delivery.StateChange, from ...delivery.State) error {
	var before delivery.State
	err := tx.QueryRowContext(ctx, "SELECT state FROM endpoints WHERE n = ? AND removed IS NULL", endpoint).Scan(&before)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoEndpoint
	}
	if err != nil {
		return err
	}
	if len(from) > 0 && !slices.Contains(from, before) {
		return nil
	}
	if before == c.State {
		if c.Announcement == "" {
			return nil
		}
		// The state was not to be announced, and now is.
		_, err := tx.ExecContext(ctx, `UPDATE state_changes SET announcement = ? WHERE announcement = '' AND announced IS NULL AND state = ?
			AND n = (SELECT max(n) FROM state_changes WHERE endpoint = ?)`, c.Announcement, string(c.State), endpoint)
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE endpoints SET state = ?, state_at = ?, state_cause = ? WHERE n = ?",
		string(c.State), c.At.UnixMicro(), c.Cause, endpoint); err != nil {
		return err
	}
	return recordChange(ctx, tx, endpoint, c)
}

// recordChange records a change of an endpoint's state.
func recordChange(ctx context.Context, tx *database.Tx, endpoint int64, c delivery.StateChange) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO state_changes (endpoint, at, state, cause, announcement) VALUES (?, ?, ?, ?, ?)",
		endpoint, c.At.UnixMicro(), string(c.State), c.Cause, c.Announcement)
	return err
}

// EndpointState is the state of an endpoint that a person chose.
type EndpointState struct {
	Endpoint int64 // its number
	delivery.StateChange
}

// SetStates sets the states of some endpoints as a person decided, in one commit.
// skipTo, if it isn't zero, also drops the backlog: the cursor moves there, deliveries
// that wait for another attempt go, and all of that is counted and recorded as skipped.
// The exhausted ones stay. It returns ErrNoEndpoint if one was removed, and then
// sets no state.
func (s *Store) SetStates(ctx context.Context, skipTo int64, states ...EndpointState) error {
	s.db.Lock()
	defer s.db.Unlock()
	// Outcomes that the worker handed in before this decision count before it.
	s.db.CommitWaiting(ctx)
	err := s.db.Commit(ctx, func(tx *database.Tx) error {
		for _, state := range states {
			if err := setState(ctx, tx, state, skipTo); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("set state: %w", err)
	}
	return nil
}

// setState sets an endpoint's state as a person decided.
func setState(ctx context.Context, tx *database.Tx, state EndpointState, skipTo int64) error {
	if skipTo > 0 {
		if err := skip(ctx, tx, state.Endpoint, state.At, skipTo); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE endpoints SET failing_since = NULL WHERE n = ?", state.Endpoint); err != nil {
		return err
	}
	return changeState(ctx, tx, state.Endpoint, state.StateChange)
}

// skip drops an endpoint's backlog up to a sequence number.
func skip(ctx context.Context, tx *database.Tx, endpoint int64, at time.Time, through int64) error {
	dropped, err := database.QueryAll(ctx, tx, database.ScanNumber,
		"DELETE FROM pending WHERE endpoint = ? AND due IS NOT NULL RETURNING seq", endpoint)
	if err != nil {
		return err
	}
	if len(dropped) > 0 {
		slices.Sort(dropped)
		if err := insertUnsent(ctx, tx, endpoint, UnsentEvents{Cause: delivery.UnsentSkipped, At: at, Seqs: dropped}); err != nil {
			return err
		}
	}
	var cursor int64
	err = tx.QueryRowContext(ctx, "SELECT cursor FROM endpoints WHERE n = ? AND removed IS NULL", endpoint).Scan(&cursor)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoEndpoint
	}
	if err != nil {
		return err
	}
	if cursor < through {
		skipped := UnsentEvents{Cause: delivery.UnsentSkipped, At: at, First: cursor + 1, Last: through}
		if err := insertUnsent(ctx, tx, endpoint, skipped); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE endpoints SET skipped = skipped + ?, cursor = max(cursor, ?) WHERE n = ?",
		int64(len(dropped))+max(0, through-cursor), through, endpoint)
	return err
}

// StateChanges returns an endpoint's changes of state, newest first.
func (s *Store) StateChanges(ctx context.Context, endpoint int64, limit int) ([]delivery.StateChange, error) {
	rows, err := s.db.Reader().QueryContext(ctx,
		"SELECT state, at, cause, announcement, announced IS NOT NULL FROM state_changes WHERE endpoint = ? ORDER BY n DESC LIMIT ?",
		endpoint, limit)
	if err != nil {
		return nil, fmt.Errorf("list state changes: %w", err)
	}
	changes, err := database.Collect(rows, func(row database.Row) (c delivery.StateChange, err error) {
		var at int64
		err = row.Scan(&c.State, &at, &c.Cause, &c.Announcement, &c.Decided)
		c.At = event.FromMicro(at)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list state changes: %w", err)
	}
	return changes, nil
}
