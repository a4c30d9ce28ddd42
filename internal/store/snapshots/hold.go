package snapshots

import (
	"context"
	"strconv"

	"postern/internal/store/database"
)

// list writes sequence numbers for SQL's json_each.
func list(seqs []int64) string {
	b := []byte{'['}
	for i, seq := range seqs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, seq, 10)
	}
	return string(append(b, ']'))
}

// Hold keeps, within a transaction, the snapshots of events for the legal hold of a
// row.
func Hold(ctx context.Context, tx *database.Tx, hold int64, seqs []int64) error {
	_, err := tx.ExecContext(ctx, "UPDATE snapshots SET hold = ? WHERE seq IN (SELECT value FROM json_each(?))", hold, list(seqs))
	return err
}

// Release ends, within a transaction, what Hold did for up to limit snapshots of a
// hold: another hold that has a copy of the event keeps it, or it is left to
// retention, or it goes because the event is gone. more says that there are others.
// The caller calls RemoveFiles with the result.
func Release(ctx context.Context, tx *database.Tx, hold int64, limit int) (removed []Hash, more bool, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT seq FROM snapshots WHERE hold = ? ORDER BY seq LIMIT ?", hold, limit)
	if err != nil {
		return nil, false, err
	}
	seqs, err := database.Collect(rows, database.ScanNumber)
	if err != nil || len(seqs) == 0 {
		return nil, false, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE snapshots SET hold = (SELECT min(h.n) FROM holds AS h
		JOIN held_events AS e ON e.hold = h.n AND e.seq = snapshots.seq WHERE h.n <> ?1)
		WHERE seq IN (SELECT value FROM json_each(?2))`, hold, list(seqs)); err != nil {
		return nil, false, err
	}
	removed, err = RemoveOf(ctx, tx, `hold IS NULL AND seq IN (SELECT value FROM json_each(?))
		AND NOT EXISTS (SELECT 1 FROM events WHERE events.seq = snapshots.seq)`, list(seqs))
	return removed, true, err
}
