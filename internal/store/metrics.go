package store

import (
	"sync/atomic"
	"time"

	"postern/internal/measure"
)

// Metrics is what the store has done since it was opened.
type Metrics struct {
	// Commits are the transactions that were kept, by how long they took
	// from beginning to end, in nanoseconds.
	Commits measure.Snapshot
	// Syncs are the same transactions' COMMIT alone: mostly the fsync.
	Syncs measure.Snapshot
	// Failures are the transactions that could not be kept.
	Failures int64
	// Checkpoints are those that moved the whole write-ahead log, those that
	// failed, and those for which a reader was in the way.
	Checkpoints, CheckpointFailures, CheckpointsBlocked int64
	// Removed are the events that retention removed.
	Removed int64
	// Damaged are the events that were met and can't be read, DamagedBlocks the
	// parts of the index.
	Damaged, DamagedBlocks int64
}

// writerMetrics are what Metrics is read from.
type writerMetrics struct {
	commits, syncs    *measure.Histogram
	failures, removed atomic.Int64
}

func newWriterMetrics() writerMetrics {
	durations := func() *measure.Histogram {
		return measure.NewDurations(100*time.Microsecond, 250*time.Microsecond, 500*time.Microsecond, time.Millisecond, 2500*time.Microsecond,
			5*time.Millisecond, 10*time.Millisecond, 25*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond, 250*time.Millisecond,
			500*time.Millisecond, time.Second, 2500*time.Millisecond, 10*time.Second)
	}
	return writerMetrics{commits: durations(), syncs: durations()}
}

// Metrics returns what was counted so far.
func (s *Store) Metrics() Metrics {
	c := &s.write.counters
	m := Metrics{Commits: c.commits.Snapshot(), Syncs: c.syncs.Snapshot(), Failures: c.failures.Load(), Removed: c.removed.Load()}
	k := &s.write.checkpoints
	m.Checkpoints, m.CheckpointFailures, m.CheckpointsBlocked = k.done.Load(), k.failures.Load(), k.blocked.Load()
	s.damaged.mu.Lock()
	defer s.damaged.mu.Unlock()
	m.Damaged, m.DamagedBlocks = s.damaged.events, s.damaged.blocks
	return m
}
