package deliveries

import (
	"context"
	"time"

	"postern/internal/store/database"
)

// RemoveOld removes up to limit rows of attempts from before a time. Once none are
// left, it removes as old changes of state, records of unsent events, replays that have
// ended and removed endpoints without attempts, the versions of settings that hold
// for no event, and the counts of attempts by band from before another time. It
// reports whether there may be more.
func (s *Store) RemoveOld(ctx context.Context, before, bandsBefore time.Time, limit int) (more bool, err error) {
	if n, err := s.removeAttempts(ctx, before, limit); err != nil || n == limit {
		return true, err
	}
	if n, err := s.removeUnsent(ctx, before, limit); err != nil || n == int64(limit) {
		return true, err
	}
	for _, query := range []string{
		`DELETE FROM state_changes WHERE n IN (SELECT n FROM (SELECT n, at FROM state_changes
			WHERE opening != 1 AND (announced IS NOT NULL OR announcement = '') ORDER BY n LIMIT 500) WHERE at < ?)`,
		"DELETE FROM replays WHERE n IN (SELECT n FROM (SELECT n, ended FROM replays ORDER BY n LIMIT 500) WHERE ended < ?)",
		"DELETE FROM endpoints WHERE removed < ? AND NOT EXISTS (SELECT 1 FROM attempts WHERE endpoint = endpoints.n)",
	} {
		if _, err = s.db.Exec(ctx, query, before.UnixMicro()); err != nil {
			return false, err
		}
	}
	if err := s.removeVersions(ctx); err != nil {
		return false, err
	}
	return false, s.removeOldBands(ctx, bandsBefore)
}

// removeUnsent removes up to limit old records of unsent events, and returns how many
// rows that was.
func (s *Store) removeUnsent(ctx context.Context, before time.Time, limit int) (removed int64, err error) {
	var old bool
	if err := s.db.Reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM (SELECT at FROM unsent ORDER BY n LIMIT 1) WHERE at < ?)",
		before.UnixMicro()).Scan(&old); err != nil || !old {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM unsent WHERE n IN (SELECT n FROM (SELECT n, at FROM unsent ORDER BY n LIMIT ?) WHERE at < ?)",
			limit, before.UnixMicro())
		if err != nil {
			return err
		}
		removed, err = result.RowsAffected()
		return err
	})
	return removed, err
}

// removeAttempts removes up to limit rows of attempts, and returns how many rows
// that was.
func (s *Store) removeAttempts(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		rows, err := tx.QueryContext(ctx, `DELETE FROM attempts WHERE n IN (SELECT n FROM (SELECT n, at FROM attempts ORDER BY n LIMIT ?)
			WHERE at < ?) RETURNING n`, limit, before.UnixMilli())
		if err != nil {
			return err
		}
		gone, err := database.Collect(rows, database.ScanNumber)
		if err != nil || len(gone) == 0 {
			return err
		}
		removed = len(gone)
		return tx.Scrub(ctx, "attempts", gone)
	})
	return removed, err
}
