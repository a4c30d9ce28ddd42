package alerts

import (
	"context"

	"github.com/go-json-experiment/json"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/database"
)

// escalate marks the open alerts that an announcement names as escalated, and records
// that the announcement itself is no alert.
func (s *Store) escalate(ctx context.Context, tx *database.Tx, e *event.Event, at int64) error {
	var a event.Announcement
	if err := json.Unmarshal(e.Data, &a); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO resolutions (seq) VALUES (?)", e.Seq); err != nil {
		return err
	}
	cause, ok := alert.ParseCauseID(a.Group)
	if !ok {
		return nil
	}
	_, err := tx.ExecContext(ctx, "UPDATE open_alerts SET escalated = ? WHERE cause = ? AND seq <= ? AND escalated IS NULL", at,
		int64(cause), a.Through)
	return err
}
