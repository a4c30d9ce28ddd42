package snapshots

import (
	"context"
	"database/sql"

	"postern/internal/store/database"
)

// Row says which file an event's snapshot has.
type Row struct {
	Seq  int64
	Hash Hash
}

// After returns the rows after a sequence number, in order and at most limit. A hash of
// another length is all zeros, and no file has it.
func After(ctx context.Context, db *sql.DB, seq int64, limit int) ([]Row, error) {
	rows, err := db.QueryContext(ctx, "SELECT seq, hash FROM snapshots WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
	if err != nil {
		return nil, err
	}
	return database.Collect(rows, func(row database.Row) (one Row, err error) {
		var b []byte
		if err = row.Scan(&one.Seq, &b); err == nil && len(b) == len(one.Hash) {
			one.Hash = Hash(b)
		}
		return one, err
	})
}

// Has reports whether an event has a snapshot.
func Has(ctx context.Context, db *sql.DB, seq int64) (there bool, err error) {
	return there, db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM snapshots WHERE seq = ?)", seq).Scan(&there)
}
