package store

// Metrics is what the store has done since it was opened; DB.Metrics has the
// transactions.
type Metrics struct {
	// Removed are the events that retention removed.
	Removed int64
	// Damaged are the events that were met and can't be read, DamagedBlocks the
	// parts of the index.
	Damaged, DamagedBlocks int64
}

// Metrics returns what was counted so far.
func (s *Store) Metrics() Metrics {
	damaged, blocks := s.Damage.Counts()
	return Metrics{Removed: s.Retention.Removed(), Damaged: damaged, DamagedBlocks: blocks}
}
