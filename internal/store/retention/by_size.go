package retention

import "context"

// size returns the bytes that Policy.Bytes bounds: those in use of the database, and the
// write-ahead log. The write-ahead log counts for an eighth of the bound at most, since
// removing events doesn't make it smaller while a backup or a broken disk keeps it. Copies
// under a legal hold don't count: they would push out all other events.
func (r *Retention) size(ctx context.Context) (int64, error) {
	used, err := r.rooms.DB.Size(ctx)
	if err != nil {
		return 0, err
	}
	held, err := r.rooms.Holds.Bytes(ctx)
	return used - held + min(r.rooms.DB.WAL(), r.Policy.Bytes/8), err
}

// stepEvents returns how many events one step removes from a log that has a number of events
// and takes size bytes. Where events arrive faster than small steps remove them, it is up to
// four times as many, but no more than the excess takes.
func stepEvents(size, bound, events int64) int64 {
	excess := int64(0)
	if size > bound {
		excess = int64(float64(size-bound) / float64(size) * float64(events))
	}
	return min(max(StepRows, excess), 4*StepRows)
}

// Overfull reports whether more bytes are in use than the policy allows.
func (r *Retention) Overfull(ctx context.Context) (bool, error) {
	size, err := r.size(ctx)
	return size > r.Policy.Bytes, err
}
