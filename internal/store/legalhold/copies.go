package legalhold

import (
	"context"
	"database/sql"
	"errors"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
	"postern/internal/store/requests"
)

// Bytes returns about how many bytes the copied events take, also those of released holds.
func (s *Store) Bytes(ctx context.Context) (n int64, err error) {
	return n, s.db.Reader().QueryRowContext(ctx, "SELECT coalesce(sum(bytes), 0) FROM holds").Scan(&n)
}

// Copy copies the events under a hold out of the log, in the transaction that removes them.
// The SQL condition where selects the events to look at.
func (s *Store) Copy(ctx context.Context, tx *database.Tx, where string) error {
	holds, err := s.read(ctx, tx)
	if err != nil || len(holds) == 0 {
		return err
	}
	for after, more := int64(0), true; more; {
		rows, err := tx.QueryContext(ctx, "SELECT "+eventrow.Columns+" FROM events WHERE ("+where+") AND seq > ? ORDER BY seq", after)
		if err != nil {
			return err
		}
		var events []*event.Event
		if events, more, err = eventrow.CollectAsIs(rows, s.pageBytes); err != nil {
			return err
		}
		for _, e := range events {
			after = e.Seq
		}
		if err := copyEvents(ctx, tx, holds, events); err != nil {
			return err
		}
	}
	return nil
}

// copyEvents copies the events that are under one of the holds.
func copyEvents(ctx context.Context, tx *database.Tx, holds []*Hold, events []*event.Event) error {
	for _, h := range holds {
		for _, e := range events {
			if !h.Match(e) {
				continue
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO held_events (hold, "+eventrow.Columns+") SELECT ?, "+eventrow.Columns+
				" FROM events WHERE seq = ?", h.n, e.Seq); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE holds SET events = events + 1, bytes = bytes + ? WHERE n = ?",
				len(e.Data)+len(e.Source)+len(e.Camera)+rowOverhead, h.n); err != nil {
				return err
			}
		}
	}
	return nil
}

// rowOverhead is about how many bytes a copied event takes without its texts.
const rowOverhead = 64

// removeRows is how many events one step of RemoveReleased removes.
const removeRows = 500

// RemoveReleased removes a step's worth of the events that released holds kept, and then
// the holds. It reports whether there may be more.
func (s *Store) RemoveReleased(ctx context.Context) (more bool, err error) {
	var n int64
	var id string
	err = s.db.Reader().QueryRowContext(ctx, "SELECT n, id FROM holds WHERE released IS NOT NULL LIMIT 1").Scan(&n, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		rows, err := tx.QueryContext(ctx,
			"DELETE FROM held_events WHERE n IN (SELECT n FROM held_events WHERE hold = ? ORDER BY seq LIMIT ?) RETURNING n", n, removeRows)
		if err != nil {
			return err
		}
		removed, err := database.Collect(rows, database.ScanNumber)
		if err != nil {
			return err
		}
		if len(removed) > 0 {
			return tx.Scrub(ctx, "held_events", removed)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM holds WHERE n = ?", n); err != nil {
			return err
		}
		// The stored answer to the request for the hold may name a person.
		if err := requests.ClearAnswers(ctx, tx, id); err != nil {
			return err
		}
		return tx.Scrub(ctx, "holds", []int64{n})
	})
	return err == nil, err
}
