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
	s.damaged.mu.Lock()
	defer s.damaged.mu.Unlock()
	return Metrics{Removed: s.retained.Load(), Damaged: s.damaged.events, DamagedBlocks: s.damaged.blocks}
}
