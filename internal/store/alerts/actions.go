package alerts

import (
	"context"
	"fmt"
	"strings"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/database"
)

// notePlace is where the encrypted notes are kept.
const notePlace = "alert_actions.note"

// record saves an action, and returns its number. An action that has a number is
// saved again.
func (s *Store) record(ctx context.Context, tx *database.Tx, a alert.Action) (n int64, err error) {
	var number any
	if a.N != 0 {
		number = a.N
	}
	result, err := tx.ExecContext(
		ctx,
		`INSERT OR REPLACE INTO alert_actions (n, at, actor, action, cause, camera, alerts, first, last, assignee, note)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		number,
		a.At.UnixMicro(),
		a.Actor,
		string(a.Kind),
		int64(a.Cause),
		a.Camera,
		a.Alerts,
		a.First,
		a.Last,
		a.Assignee,
		s.Secrets.Encrypt(a.Note, notePlace),
	)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// ActionQuery asks for a page of actions, newest first.
type ActionQuery struct {
	// Cause selects the actions on alerts of one cause; zero selects all.
	Cause alert.CauseID
	// Cameras selects the actions on alerts of these cameras alone; empty selects
	// all.
	Cameras []string
	Limit   int
	// Cursor is the cursor of the page before, zero for the newest actions.
	Cursor int64
}

// Actions returns a page of what people did with alerts, and the cursor of the next
// one; zero where there is none.
func (s *Store) Actions(ctx context.Context, q ActionQuery) (actions []alert.Action, next int64, err error) {
	conditions, args := []string{"TRUE"}, []any{}
	if q.Cause != 0 {
		conditions, args = append(conditions, "cause = ?"), append(args, int64(q.Cause))
	}
	if q.Cursor != 0 {
		conditions, args = append(conditions, "n < ?"), append(args, q.Cursor)
	}
	if len(q.Cameras) > 0 {
		conditions = append(conditions, "camera IN (?"+strings.Repeat(", ?", len(q.Cameras)-1)+")")
		for _, camera := range q.Cameras {
			args = append(args, camera)
		}
	}
	actions, err = database.QueryAll(
		ctx,
		s.db.Reader(),
		s.scanAction,
		`SELECT n, at, actor, action, cause, camera, alerts, first, last, assignee, note
		FROM alert_actions WHERE `+strings.Join(conditions, " AND ")+" ORDER BY n DESC LIMIT ?",
		append(args, q.Limit+1)...)
	if err != nil {
		return nil, 0, fmt.Errorf("read the history of alerts: %w", err)
	}
	if len(actions) > q.Limit {
		actions = actions[:q.Limit]
		next = actions[q.Limit-1].N
	}
	return actions, next, nil
}

func (s *Store) scanAction(row database.Row) (a alert.Action, err error) {
	var at int64
	if err = row.Scan(&a.N, &at, &a.Actor, &a.Kind, &a.Cause, &a.Camera, &a.Alerts, &a.First, &a.Last, &a.Assignee, &a.Note); err != nil {
		return a, err
	}
	a.At = event.FromMicro(at)
	a.Note, err = s.Secrets.Decrypt(a.Note, notePlace)
	return a, err
}
