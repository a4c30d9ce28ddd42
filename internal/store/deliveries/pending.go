package deliveries

import (
	"context"
	"database/sql"
	"fmt"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
)

// PendingOf returns an endpoint's pending deliveries, the exhausted ones
// included, in the order of the log.
func (s *Store) PendingOf(ctx context.Context, endpoint int64) ([]delivery.Pending, error) {
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT seq, tries, due, replay, aside FROM pending WHERE endpoint = ? ORDER BY seq", endpoint)
	if err != nil {
		return nil, fmt.Errorf("list pending: %w", err)
	}
	pending, err := database.Collect(rows, func(row database.Row) (delivery.Pending, error) { return scanPending(row) })
	if err != nil {
		return nil, fmt.Errorf("list pending: %w", err)
	}
	return pending, nil
}

// PendingRemoved returns the sequence numbers of an endpoint's deliveries that
// wait for a retry and whose events have been removed.
func (s *Store) PendingRemoved(ctx context.Context, endpoint int64) ([]int64, error) {
	rows, err := s.db.Reader().QueryContext(ctx,
		"SELECT seq FROM pending WHERE endpoint = ? AND due IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events WHERE events.seq = pending.seq) "+
			"ORDER BY seq", endpoint)
	if err != nil {
		return nil, fmt.Errorf("list pending of removed events: %w", err)
	}
	seqs, err := database.Collect(rows, func(row database.Row) (seq int64, err error) { return seq, row.Scan(&seq) })
	if err != nil {
		return nil, fmt.Errorf("list pending of removed events: %w", err)
	}
	return seqs, nil
}

// scanPending reads a row of pending, and further columns where there are any.
func scanPending(row database.Row, more ...any) (delivery.Pending, error) {
	var p delivery.Pending
	var due sql.NullInt64
	if err := row.Scan(append([]any{&p.Seq, &p.Attempts, &due, &p.Replay, &p.Aside}, more...)...); err != nil {
		return p, err
	}
	if due.Valid {
		p.Due = event.FromMicro(due.Int64)
	}
	return p, nil
}
