package database

import (
	"sync/atomic"
	"time"

	"postern/internal/metrics"
)

// Metrics is what the database has done since it was opened.
type Metrics struct {
	// Commits are the transactions that were kept, by how long they took
	// from beginning to end.
	Commits *metrics.Histogram
	// Syncs are the same transactions' COMMIT alone: mostly the fsync.
	Syncs *metrics.Histogram
	// Failures are the transactions that could not be kept.
	Failures int64
	// Checkpoints are those that moved the whole write-ahead log, those that
	// failed, and those for which a reader was in the way.
	Checkpoints, CheckpointFailures, CheckpointsBlocked int64
}

// counters are what Metrics is read from.
type counters struct {
	commits, syncs *metrics.Histogram
	failures       atomic.Int64
}

func newCounters() counters {
	durations := func(name, help string) *metrics.Histogram {
		return metrics.NewDurations(name, help,
			100*time.Microsecond, 250*time.Microsecond, 500*time.Microsecond, time.Millisecond, 2500*time.Microsecond,
			5*time.Millisecond, 10*time.Millisecond, 25*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond, 250*time.Millisecond,
			500*time.Millisecond, time.Second, 2500*time.Millisecond, 10*time.Second)
	}
	return counters{
		commits: durations("postern_store_commit_duration_seconds", "Time of a transaction, from its beginning until it was durable."),
		syncs:   durations("postern_store_sync_duration_seconds", "Time of a transaction's last step: mostly the fsync."),
	}
}

// Metrics returns the counts so far.
func (db *DB) Metrics() Metrics {
	c, k := &db.counters, &db.checkpoints
	return Metrics{
		Commits: c.commits, Syncs: c.syncs, Failures: c.failures.Load(),
		Checkpoints: k.done.Load(), CheckpointFailures: k.failures.Load(), CheckpointsBlocked: k.blocked.Load(),
	}
}
