package retention

import (
	"context"
	"time"

	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// removeOldAttempts removes a step's worth of attempts that are too old, or older
// than every event while the file is too large. It reports whether there may be more.
func (r *Retention) removeOldAttempts(ctx context.Context) (more bool, err error) {
	before, err := r.attemptsBefore(ctx)
	if err != nil {
		return false, err
	}
	return r.rooms.Deliveries.RemoveOld(ctx, before, r.rooms.Clock.Before(deliveries.BandAge), StepRows)
}

// redactRemoved overwrites a step's worth of receivers' answers about events that
// retention has removed. It reports whether there may be more.
func (r *Retention) redactRemoved(ctx context.Context) (more bool, err error) {
	return r.rooms.Deliveries.RedactRemoved(ctx, r.rooms.Log.First()-1, StepRows)
}

// attemptsBefore returns the time before which attempts are removed: the bound of
// their age, or the arrival of the oldest event while the store is too large.
func (r *Retention) attemptsBefore(ctx context.Context) (time.Time, error) {
	before := r.rooms.Clock.Before(r.Policy.Attempts)
	size, err := r.size(ctx)
	if err != nil || size <= r.Policy.Bytes {
		return before, err
	}
	var oldest int64
	err = r.rooms.DB.Reader().QueryRowContext(ctx, "SELECT coalesce((SELECT received FROM events ORDER BY seq LIMIT 1), ?)",
		r.rooms.DB.Now().UnixMicro()).Scan(&oldest)
	if t := event.FromMicro(oldest); err == nil && t.After(before) {
		before = t
	}
	return before, err
}
