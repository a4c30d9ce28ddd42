package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Settlement is what a lane has got done since its last one.
type Settlement struct {
	Endpoint     int64 // the endpoint's N
	Cursor       int64 // never moves back
	FailingSince time.Time
	Put          []delivery.Pending // new or changed
	Done         []int64            // pending no more
	Attempts     []delivery.Attempt
	Delivered    int64 // to add to the endpoint's counts
	Failed       int64
	Expired      int64
	Suppressed   int64
	// ExpiredRetries are those of Expired whose delivery waited for a retry.
	// Done has them too, so that each is counted in the commit that removes it.
	ExpiredRetries int64
	// Hours are bytes that replace the endpoint's; empty leaves them as they
	// are.
	Hours string
	// State is a change that the lane has found; nil for none. It takes
	// effect only where the endpoint is active or failing: what a person has
	// decided meanwhile counts.
	State *delivery.StateChange
	// Requests are stored with it, if the endpoint wasn't removed.
	Requests []SettledRequest
	// Replays is how far the endpoint's replays have got.
	Replays []ReplayProgress
}

// SettledRequest is a request that a settlement carries out: Resent is how many
// events.
type SettledRequest struct {
	*Request
	Resent int
}

// applySettlements writes settlements within the transaction under way.
func (s *Store) applySettlements(ctx context.Context, waiting rides) error {
	ctx = context.WithoutCancel(ctx)
	for _, one := range waiting {
		kept, err := s.write.apply(ctx, one.s)
		for i := 0; kept && err == nil && i < len(one.s.Requests); i++ {
			err = s.remember(ctx, one.s.Requests[i].Request, "", one.s.Requests[i].Resent)
		}
		if err != nil {
			return fmt.Errorf("apply settlement: %w", err)
		}
	}
	return nil
}

// apply writes a settlement, and reports whether its endpoint is still there.
func (w *writer) apply(ctx context.Context, s *Settlement) (bool, error) {
	var failing any
	if !s.FailingSince.IsZero() {
		failing = s.FailingSince.UnixMicro()
	}
	var hours any
	if s.Hours != "" {
		hours = []byte(s.Hours)
	}
	result, err := w.stmts.setCursor.ExecContext(ctx, s.Cursor, failing, s.Delivered, s.Failed, s.Expired, s.ExpiredRetries, s.Suppressed, hours, s.Endpoint)
	if err != nil {
		return false, err
	}
	kept, err := result.RowsAffected()
	if err != nil {
		return false, err
	}
	if kept > 0 {
		for _, p := range s.Put {
			var due any
			if !p.Due.IsZero() {
				due = p.Due.UnixMicro()
			}
			if _, err := w.stmts.putPending.ExecContext(ctx, s.Endpoint, p.Seq, p.Tries, due, p.Replay); err != nil {
				return false, err
			}
		}
		// After what was put: a delivery may have begun to wait and been
		// settled within one settlement, never the other way round.
		for _, seq := range s.Done {
			if _, err := w.stmts.delPending.ExecContext(ctx, s.Endpoint, seq); err != nil {
				return false, err
			}
		}
	}
	for _, p := range s.Replays {
		if err := w.applyReplay(ctx, p); err != nil {
			return false, err
		}
	}
	if s.State != nil && kept > 0 {
		if err := w.changeState(ctx, s.Endpoint, *s.State, delivery.Active, delivery.Failing); err != nil {
			return false, err
		}
	}
	return kept > 0, w.insertAttempts(ctx, s.Endpoint, s.Attempts)
}

// PendingOf returns an endpoint's pending deliveries, the exhausted ones
// included, in the order of the log.
func (s *Store) PendingOf(ctx context.Context, endpoint int64) ([]delivery.Pending, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT seq, tries, due, replay FROM pending WHERE endpoint = ? ORDER BY seq", endpoint)
	if err != nil {
		return nil, fmt.Errorf("list pending: %w", err)
	}
	pending, err := collect(rows, func(row interface{ Scan(...any) error }) (delivery.Pending, error) { return scanPending(row) })
	if err != nil {
		return nil, fmt.Errorf("list pending: %w", err)
	}
	return pending, nil
}

// PendingRemoved returns the sequence numbers of an endpoint's deliveries that
// wait for a retry and whose events have been removed.
func (s *Store) PendingRemoved(ctx context.Context, endpoint int64) ([]int64, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT seq FROM pending WHERE endpoint = ? AND due IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events WHERE events.seq = pending.seq) ORDER BY seq", endpoint)
	if err != nil {
		return nil, fmt.Errorf("list pending of removed events: %w", err)
	}
	seqs, err := collect(rows, func(row interface{ Scan(...any) error }) (seq int64, err error) { return seq, row.Scan(&seq) })
	if err != nil {
		return nil, fmt.Errorf("list pending of removed events: %w", err)
	}
	return seqs, nil
}

// scanPending reads a row of pending, and further columns where there are any.
func scanPending(row interface{ Scan(...any) error }, more ...any) (delivery.Pending, error) {
	var p delivery.Pending
	var due sql.NullInt64
	if err := row.Scan(append([]any{&p.Seq, &p.Tries, &due, &p.Replay}, more...)...); err != nil {
		return p, err
	}
	if due.Valid {
		p.Due = event.FromMicro(due.Int64)
	}
	return p, nil
}
