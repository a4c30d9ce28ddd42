package deliveries

import (
	"context"
	"database/sql"
	"errors"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
)

// nameEvents fills in the events that the attempts were for.
func (s *Store) nameEvents(ctx context.Context, attempts []delivery.Attempt) error {
	stmt, err := s.db.Reader().PrepareContext(ctx, "SELECT id, type FROM events WHERE seq = ?")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for i := range attempts {
		var id any
		var kind int64
		err := stmt.QueryRowContext(ctx, attempts[i].Seq).Scan(&id, &kind)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		attempts[i].EventType = event.Type(kind)
		switch id := id.(type) {
		case []byte:
			attempts[i].EventID = event.UnpackID(id)
		case string:
			attempts[i].EventID = id
		}
	}
	return nil
}

// withoutErased takes the receivers' responses out of attempts at events that were
// erased, or left the log, while the request was on its way.
func withoutErased(ctx context.Context, tx *database.Tx, a delivery.Attempt) (delivery.Attempt, error) {
	var erased bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE seq = ?1 AND unicode(data) = ?2)
		OR ?1 BETWEEN 1 AND (SELECT max(value) FROM meta WHERE name IN ('removed', 'floor')) AND NOT EXISTS (SELECT 1 FROM events WHERE seq = ?1)`, a.Seq, int64(eventrow.TombstoneMark)).Scan(&erased)
	if err == nil && erased {
		a.Redact()
	}
	return a, err
}
