package alerts

import (
	"context"
	"fmt"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
)

// ErrNoneOpen says that no selected alert is open.
var ErrNoneOpen = problem.New(problem.NotFound, "No open alert has this cause. Its alerts may have been acknowledged in the meantime.")

// Assign assigns the open alerts of a cause, and those that arrive while one is open,
// to a person; to nobody where the assignee is empty. It returns ErrNoneOpen if no
// selected alert is open.
func (s *Store) Assign(ctx context.Context, sel Selection, assignee string, act alert.Act) error {
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		where, args := sel.where()
		at := s.now().UnixMicro()
		action := alert.Action{
			At:       event.FromMicro(at),
			Actor:    act.By,
			Kind:     alert.Assigned,
			Cause:    sel.Cause,
			Assignee: assignee,
			Note:     act.Note,
		}
		if assignee == "" {
			action.Kind = alert.Released
		}
		var cameras int64
		if err := tx.QueryRowContext(ctx, `SELECT count(*), coalesce(min(o.seq), 0), coalesce(max(o.seq), 0), count(DISTINCT o.camera),
			coalesce(max(o.camera), '') FROM open_alerts o WHERE `+where, args...).Scan(&action.Alerts, &action.First, &action.Last, &cameras,
			&action.Camera); err != nil {
			return err
		}
		if action.Alerts == 0 {
			return ErrNoneOpen
		}
		if cameras > 1 {
			action.Camera = ""
		}
		if _, err := s.record(ctx, tx, action); err != nil {
			return err
		}
		if assignee == "" {
			_, err := tx.ExecContext(ctx, "DELETE FROM alert_assignees WHERE cause = ?", int64(sel.Cause))
			return err
		}
		_, err := tx.ExecContext(
			ctx,
			"INSERT OR REPLACE INTO alert_assignees (cause, assignee, at) VALUES (?, ?, ?)",
			int64(sel.Cause),
			assignee,
			at,
		)
		return err
	})
	if err != nil {
		return fmt.Errorf("assign alerts: %w", err)
	}
	return nil
}
