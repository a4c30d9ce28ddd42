package alerts

import (
	"context"
	"fmt"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/database"
)

// Resolve closes the alerts whose state an announcement among the batches
// ends, and records that the announcement itself is no alert. An alert that a
// person has acknowledged keeps that acknowledgement. Ids that aren't in the log
// or aren't alerts change nothing. The transaction is that of the batches.
func (s *Store) Resolve(ctx context.Context, tx *database.Tx, batches []*event.Batch, received int64) error {
	resolved := false
	for _, b := range batches {
		for _, e := range b.Events {
			if e.Seq == 0 {
				continue // refused, or a duplicate
			}
			ids, ends := e.Resolves()
			if e.Escalation() {
				if err := s.escalate(ctx, tx, e, received); err != nil {
					return fmt.Errorf("escalate alerts: %w", err)
				}
				continue
			}
			if !ends {
				continue
			}
			if err := s.resolveBy(ctx, tx, e, ids, received); err != nil {
				return fmt.Errorf("resolve alerts: %w", err)
			}
			resolved = true
		}
	}
	if !resolved {
		return nil
	}
	return s.releaseCauses(ctx, tx)
}

func (s *Store) resolveBy(ctx context.Context, tx *database.Tx, e *event.Event, ids []string, at int64) error {
	if _, err := tx.ExecContext(ctx, "INSERT INTO resolutions (seq) VALUES (?)", e.Seq); err != nil {
		return err
	}
	for _, id := range ids {
		opener, err := s.log.Find(ctx, tx, id, e.Site)
		if err != nil {
			return err
		}
		if opener == nil {
			continue // retention has removed it, or the log never had it
		}
		if opener.Seq >= e.Seq || !opener.IsAlert() {
			continue
		}
		result, err := tx.ExecContext(ctx, "DELETE FROM open_alerts WHERE seq = ?", opener.Seq)
		if err != nil {
			return err
		}
		open, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if open == 0 {
			continue // it is acknowledged
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO acknowledgements (seq, at, who, resolver) VALUES (?, ?, ?, ?)", opener.Seq,
			at, alert.ResolvedBy, e.ID); err != nil {
			return err
		}
	}
	return nil
}
