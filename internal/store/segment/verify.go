package segment

import (
	"context"
	"database/sql"
	"errors"
)

// Verify reads every row of the index in a database, and calls yield with each:
// whole says that it is as it was written. unreadable tells which of a row's
// errors are damage; others end it.
func Verify(ctx context.Context, db *sql.DB, unreadable func(error) bool, yield func(whole bool)) error {
	var last int64
	err := db.QueryRowContext(ctx, `SELECT max(coalesce((SELECT max(n) FROM stretches), -1),
		coalesce((SELECT max(n) FROM indexes), -1) / ?)`, BlocksPerSegment).Scan(&last)
	if err != nil {
		return err
	}
	report := func(whole bool, err error) error {
		switch {
		case err == nil:
			yield(whole)
		case unreadable(err):
			yield(false)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		return nil
	}
	for n := int64(0); n <= last; n++ {
		row, whole, err := scanRow(db.QueryRowContext(ctx, "SELECT "+segmentColumns+" FROM stretches WHERE n = ?", n))
		if err := report(whole, err); err != nil {
			return err
		}
		for kind := range BlocksPerSegment {
			whole, err := verifyBlock(ctx, db, blockRow(n, kind), row.ngramBytes > 0)
			if err := report(whole, err); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// verifyBlock reports whether a block row is as it was written. Without a
// checksum it was overwritten, or an older version wrote it, which shows by a
// segment without a filter.
func verifyBlock(ctx context.Context, db *sql.DB, row int64, hasFilter bool) (whole bool, err error) {
	var content []byte
	var sum sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT content, sum FROM indexes WHERE n = ?", row).Scan(&content, &sum); err != nil {
		return false, err
	}
	if !sum.Valid {
		return overwritten(content) || !hasFilter, nil
	}
	return sum.Int64 == blockChecksum(row, content), nil
}
