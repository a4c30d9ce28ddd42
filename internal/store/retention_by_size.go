package store

import "context"

// retainedSize returns the bytes that --retain-bytes bounds: those in use of the
// database, and the write-ahead log. Of the log an eighth of the bound counts at
// most, since removing events doesn't make it smaller while a backup or a broken
// disk keeps it. Events under a legal hold don't count: otherwise they would push out all others.
func (s *Store) retainedSize(ctx context.Context) (int64, error) {
	used, err := s.DB.Size(ctx)
	if err != nil {
		return 0, err
	}
	held, err := s.Holds.Bytes(ctx)
	return used - held + min(s.DB.WAL(), s.opts.RetainBytes/8), err
}

// eventsAStep returns how many events one step removes from a log that has a number
// of events and takes size bytes. Where events arrive faster than small steps remove
// them, it is up to four times as many, but no more than the excess takes.
func eventsAStep(size, bound, events int64) int64 {
	excess := int64(0)
	if size > bound {
		excess = int64(float64(size-bound) / float64(size) * float64(events))
	}
	return min(max(retainRows, excess), 4*retainRows)
}
