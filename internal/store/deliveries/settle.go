package deliveries

import (
	"context"
	"fmt"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/database"
	"postern/internal/store/requests"
)

// Settlement is the progress of a delivery worker since its last one.
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
	// State is a change that the worker has found; nil for none. It takes
	// effect only where the endpoint is active or failing: what a person has
	// decided meanwhile counts.
	State *delivery.StateChange
	// Requests are stored with it, if the endpoint wasn't removed.
	Requests []SettledRequest
	// Unsent are events that aren't sent.
	Unsent []UnsentEvents
	// Settings is from where on new settings are used; nil where they are unchanged.
	Settings *SettingsApplied
	// Replays is how far the endpoint's replays have got.
	Replays []ReplayProgress
}

// SettledRequest is a request that a settlement carries out: Resent is how many
// events.
type SettledRequest struct {
	*requests.Request
	Resent int
}

// settleAtOnce is the number of attempts that is worth a commit of its own.
const settleAtOnce = 500

// Settle makes a settlement durable: with an append, or without one after a
// delay that depends on how long commits take, or at once when it is large or
// ctx ends. It always waits for the outcome. Settling for a removed endpoint
// records its attempts and no more.
func (s *Store) Settle(ctx context.Context, settlement *Settlement) error {
	err := s.db.WriteShared(ctx, len(settlement.Attempts) >= settleAtOnce, func(tx *database.Tx) error {
		return s.applySettlement(ctx, tx, settlement)
	})
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return nil
}

// applySettlement writes a settlement within the transaction under way.
func (s *Store) applySettlement(ctx context.Context, tx *database.Tx, settlement *Settlement) error {
	kept, err := applyDeliveries(ctx, tx, settlement)
	for i := 0; kept && err == nil && i < len(settlement.Requests); i++ {
		err = s.requests.RememberIn(ctx, tx, settlement.Requests[i].Request, "", settlement.Requests[i].Resent)
	}
	if err != nil {
		return fmt.Errorf("apply settlement: %w", err)
	}
	return nil
}

// applyDeliveries writes a settlement but for its requests, and reports whether its endpoint is still there.
func applyDeliveries(ctx context.Context, tx *database.Tx, s *Settlement) (bool, error) {
	var failing any
	if !s.FailingSince.IsZero() {
		failing = s.FailingSince.UnixMicro()
	}
	var hours any
	if s.Hours != "" {
		hours = []byte(s.Hours)
	}
	result, err := tx.ExecPrepared(ctx, setCursorSQL, s.Cursor, failing, s.Delivered, s.Failed,
		s.Expired, s.ExpiredRetries, s.Suppressed, hours, s.Endpoint)
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
			if _, err := tx.ExecPrepared(ctx, putPendingSQL, s.Endpoint, p.Seq, p.Attempts, due, p.Replay, p.Aside); err != nil {
				return false, err
			}
		}
		// After what was put: a delivery may have begun to wait and been
		// settled within one settlement, never the other way round.
		for _, seq := range s.Done {
			if _, err := tx.ExecPrepared(ctx, "DELETE FROM pending WHERE endpoint = ? AND seq = ?", s.Endpoint, seq); err != nil {
				return false, err
			}
		}
	}
	for _, u := range s.Unsent {
		if err := insertUnsent(ctx, tx, s.Endpoint, u); err != nil {
			return false, err
		}
	}
	if s.Settings != nil {
		if err := applyVersion(ctx, tx, *s.Settings); err != nil {
			return false, err
		}
	}
	for _, p := range s.Replays {
		if err := applyReplay(ctx, tx, p); err != nil {
			return false, err
		}
	}
	if s.State != nil && kept > 0 {
		if err := changeState(ctx, tx, s.Endpoint, *s.State, delivery.Active, delivery.Failing); err != nil {
			return false, err
		}
	}
	if err := addBands(ctx, tx, s.Endpoint, s.Attempts); err != nil {
		return false, err
	}
	return kept > 0, insertAttempts(ctx, tx, s.Endpoint, s.Attempts)
}

const (
	setCursorSQL = `UPDATE endpoints SET cursor = max(cursor, ?), failing_since = ?,
		delivered = delivered + ?, failed = failed + ?, expired = expired + ?, expired_retries = expired_retries + ?,
		suppressed = suppressed + ?, hours = coalesce(?, hours)
		WHERE n = ? AND removed IS NULL`
	putPendingSQL = "INSERT OR REPLACE INTO pending (endpoint, seq, tries, due, replay, aside) VALUES (?, ?, ?, ?, ?, ?)"
)
