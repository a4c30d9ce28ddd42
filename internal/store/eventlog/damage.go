package eventlog

import (
	"log/slog"
	"sync"
)

// maxDamaged bounds how many damaged events are remembered by number.
const maxDamaged = 10_000

// Damage counts the damaged events and blocks that reads have met since the start.
type Damage struct {
	logger *slog.Logger

	mu     sync.Mutex
	seqs   map[int64]bool
	events int64
	blocks int64
}

// Counts returns how many damaged events, and damaged blocks of the search index, reads
// have met.
func (d *Damage) Counts() (events, blocks int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.events, d.blocks
}

// note counts and logs damaged events that no read has met before. Nothing but their
// sequence numbers is known for sure.
func (d *Damage) note(seqs ...int64) {
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
			d.logger.Error("an event can't be read: it was changed on the disk", slog.Int64("seq", seq))
		}
	}
}

// noteBlock counts and logs a damaged row of the search index. The segment is rebuilt
// from its events.
func (d *Damage) noteBlock(segment int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.blocks++
	d.logger.Warn("a part of the index was changed on the disk; events are read in its place", slog.Int64("segment", segment))
}

// between returns how many damaged events reads have met from one sequence number to
// another.
func (d *Damage) between(from, to int64) (n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for seq := range d.seqs {
		if seq >= from && seq <= to {
			n++
		}
	}
	return n
}

// absentIn returns the sequence numbers from one to another that are missing among those
// that were read, which are in order. It returns none once retention has removed a type:
// then a missing number is no damage.
func (l *Log) absentIn(from, to int64, read []int64) (absent []int64) {
	if l.removedTypes.Load() != 0 || to-from+1 == int64(len(read)) {
		return nil
	}
	next := max(from, l.First()) // retention may have gone on meanwhile
	for _, seq := range append(read, to+1) {
		for ; next < seq && len(absent) < maxDamaged; next++ {
			absent = append(absent, next)
		}
		next = max(next, seq+1)
	}
	return absent
}
