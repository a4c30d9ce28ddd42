package store

import (
	"log/slog"
	"sync"
)

// maxDamaged bounds how many damaged events are remembered by number.
const maxDamaged = 10_000

// damages are the damaged events that reads have met since the start.
type damages struct {
	mu     sync.Mutex
	seqs   map[int64]bool
	events int64
	blocks int64 // of the index
}

// noteDamage counts and logs damaged events that no read has met before. Nothing but
// their sequence numbers is known for sure.
func (s *Store) noteDamage(seqs ...int64) {
	d := &s.damaged
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, seq := range seqs {
		if d.seqs[seq] {
			continue
		}
		d.events++
		if len(d.seqs) < maxDamaged {
			if d.seqs == nil {
				d.seqs = make(map[int64]bool)
			}
			d.seqs[seq] = true
			s.opts.Logger.Error("an event can't be read: it was changed on the disk", slog.Int64("seq", seq))
		}
	}
}

// noteBlock counts and logs a damaged row of the search index. The segment is
// rebuilt from its events.
func (s *Store) noteBlock(segment int64) {
	s.damaged.mu.Lock()
	defer s.damaged.mu.Unlock()
	s.damaged.blocks++
	s.opts.Logger.Warn("a part of the index was changed on the disk; events are read in its place", slog.Int64("segment", segment))
}

// damagedIn returns how many damaged events reads have met from one sequence number
// to another.
func (s *Store) damagedIn(from, to int64) (n int64) {
	s.damaged.mu.Lock()
	defer s.damaged.mu.Unlock()
	for seq := range s.damaged.seqs {
		if seq >= from && seq <= to {
			n++
		}
	}
	return n
}

// absentIn returns the sequence numbers from one to another that are missing among
// those that were read, which are in order. It returns none once retention has
// removed a type: then a missing number is no damage.
func (s *Store) absentIn(from, to int64, read []int64) (absent []int64) {
	if s.removedTypes.Load() != 0 || to-from+1 == int64(len(read)) {
		return nil
	}
	next := max(from, s.First()) // retention may have gone on meanwhile
	for _, seq := range append(read, to+1) {
		for ; next < seq && len(absent) < maxDamaged; next++ {
			absent = append(absent, next)
		}
		next = max(next, seq+1)
	}
	return absent
}
