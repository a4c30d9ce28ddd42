package legalhold

import (
	"context"
	"database/sql"
	"errors"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/eventrow"
	"postern/internal/store/requests"
	"postern/internal/store/snapshots"
)

// Bytes returns about how many bytes the copied events take, also those of released holds.
func (s *Store) Bytes(ctx context.Context) (n int64, err error) {
	return n, s.db.Reader().QueryRowContext(ctx, "SELECT coalesce(sum(bytes), 0) FROM holds").Scan(&n)
}

// Copy copies the events under a hold out of the log, in the transaction that removes them.
// The SQL condition where selects the events to look at. A damaged event is copied for every
// hold, since each may cover it.
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
		var met []int64
		if events, met, more, err = s.log.CollectWhole(rows, s.pageBytes); err != nil {
			return err
		}
		if len(met) > 0 {
			after = met[len(met)-1]
		}
		damaged := eventlog.Unread(met, events)
		for _, h := range holds {
			if err := copyEvents(ctx, tx, h, events); err != nil {
				return err
			}
			if err := copyDamaged(ctx, tx, h, damaged); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyEvents copies the events that are under a hold.
func copyEvents(ctx context.Context, tx *database.Tx, h *Hold, events []*event.Event) error {
	for _, e := range events {
		if !h.Match(e) {
			continue
		}
		if err := copyRow(ctx, tx, h, e.Seq, eventrow.Columns); err != nil {
			return err
		}
	}
	return nil
}

// damagedColumns are eventrow.Columns of a row whose values may be of wrong types, as
// held_events takes them. Without a type, the copy can't be read as an event either.
const damagedColumns = `seq, coalesce(id, ''), 0, iif(typeof(at) = 'integer', at, 0), iif(typeof(received) = 'integer', received, 0),
	CAST(coalesce(source, '') AS TEXT), CAST(camera AS TEXT), CAST(coalesce(data, '') AS TEXT), producer_id, CAST(site AS TEXT),
	iif(typeof(snapshot) = 'integer', snapshot, NULL), iif(typeof(silence) = 'integer', silence, NULL), NULL`

// copyDamaged copies the rows of damaged events, as they are where the table of copies takes
// their values.
func copyDamaged(ctx context.Context, tx *database.Tx, h *Hold, seqs []int64) error {
	for _, seq := range seqs {
		err := copyRow(ctx, tx, h, seq, eventrow.Columns)
		if database.IsConstraint(err) {
			err = copyRow(ctx, tx, h, seq, damagedColumns)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyRow copies a row of the log for a hold, and counts it. The values are eventrow.Columns
// as SQL.
func copyRow(ctx context.Context, tx *database.Tx, h *Hold, seq int64, values string) error {
	if _, err := tx.ExecContext(ctx, "INSERT INTO held_events (hold, "+eventrow.Columns+") SELECT ?, "+values+
		" FROM events WHERE seq = ?", h.n, seq); err != nil {
		return err
	}
	if err := snapshots.Hold(ctx, tx, h.n, []int64{seq}); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE holds SET events = events + 1, bytes = bytes + ? + (SELECT octet_length(data) +
		octet_length(source) + coalesce(octet_length(camera), 0) FROM held_events WHERE hold = holds.n AND seq = ?) WHERE n = ?`,
		rowOverhead, seq, h.n)
	return err
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
	var unheld []snapshots.Hash
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
		var more bool
		if unheld, more, err = snapshots.Release(ctx, tx, n, removeRows); err != nil || more {
			return err
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
	if err == nil {
		s.snapshots.RemoveFiles(ctx, unheld...)
	}
	return err == nil, err
}
