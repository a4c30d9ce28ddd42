package retention

import "context"

// lastTooOld returns the last sequence number from first to last up to which every event is
// older than the policy allows; first-1 for none. Events are numbered in the order of their
// arrival, so that the first young event ends the search.
func (r *Retention) lastTooOld(ctx context.Context, first, last int64) (through int64, err error) {
	before := r.rooms.Clock.Before(r.Policy.Events).UnixMicro()
	err = r.rooms.DB.Reader().QueryRowContext(ctx,
		"SELECT coalesce((SELECT seq FROM events WHERE seq BETWEEN ?1 AND ?2 AND received >= ?3 ORDER BY seq LIMIT 1) - 1, ?2)",
		first, last, before).Scan(&through)
	return through, err
}
