package store

import "context"

// lastTooOld returns the last sequence number from first to last up to which every
// event is kept for longer than retention allows; first-1 for none. Events are
// numbered in the order of their arrival: the first young one ends it.
func (s *Store) lastTooOld(ctx context.Context, first, last int64) (through int64, err error) {
	before := s.clock.Before(s.opts.Retain).UnixMicro()
	err = s.reader.QueryRowContext(ctx,
		"SELECT coalesce((SELECT seq FROM events WHERE seq BETWEEN ?1 AND ?2 AND received >= ?3 ORDER BY seq LIMIT 1) - 1, ?2)",
		first, last, before).Scan(&through)
	return through, err
}
