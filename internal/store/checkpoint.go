package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// A checkpoint moves what stands in the write-ahead log into the database. The
// writer does it after a commit, since SQLite's own tells nobody that it failed.
const (
	// checkpointFrames is how many pages the log holds by then: 4 MiB.
	checkpointFrames = 1000
	// checkpointLook is how often the pages are counted at most. That costs 5
	// µs.
	checkpointLook = 50 * time.Millisecond
	// checkpointPause is how long the writer waits after a checkpoint that
	// failed, and after one for which a reader was in the way.
	checkpointPause = time.Second
	// checkpointFailures are how many in a row are a trouble.
	checkpointFailures = 3
	// walEmptied is the size from which on the log is emptied: by then readers
	// have kept SQLite from beginning it anew.
	walEmptied = 16 << 20
	// walBound is the size from which on the log is a trouble.
	walBound = 64 << 20
)

// checkpoints are what the writer knows of its checkpoints. Its mu guards
// them, but for the counters.
type checkpoints struct {
	looked   time.Time // when the pages were counted
	notUntil time.Time
	failed   int // in a row

	done, failures, blocked atomic.Int64
	wal                     atomic.Int64 // bytes of the log
}

// checkpoint moves the write-ahead log into the database once it is large
// enough. It is called after a commit, and every second. The caller holds mu.
func (w *writer) checkpoint(ctx context.Context) {
	c, now := &w.checkpoints, time.Now()
	if now.Sub(c.looked) < checkpointLook || now.Before(c.notUntil) {
		return
	}
	c.looked = now
	// Most logs are too short to have that many pages; a look at the length
	// costs less than counting.
	c.wal.Store(w.files.walBytes())
	if c.wal.Load() < checkpointFrames*4096 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	_, frames, moved, err := walCheckpoint(ctx, w.conn, "NOOP")
	if err == nil && frames-moved >= checkpointFrames {
		if w.checkpointing != nil {
			err = w.checkpointing()
		}
		if err == nil {
			_, frames, moved, err = walCheckpoint(ctx, w.conn, "PASSIVE")
		}
		w.checkpointed(err, moved == frames, now)
	}
	c.wal.Store(w.files.walBytes())
	if err == nil && moved == frames && c.wal.Load() >= walEmptied {
		whole, err := w.truncateWAL(ctx)
		w.checkpointed(err, whole, now)
		c.wal.Store(w.files.walBytes())
	}
}

// walCheckpoint runs a checkpoint of a mode. busy means that a reader was in the
// way of it, frames are the pages in the log, and moved how many of them stand
// in the database.
func walCheckpoint(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, mode string) (busy bool, frames, moved int, err error) {
	err = diskError(db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &moved))
	return busy, frames, moved, err
}

// checkpointed notes what became of a checkpoint.
func (w *writer) checkpointed(err error, whole bool, now time.Time) {
	c := &w.checkpoints
	if err != nil {
		c.failures.Add(1)
		c.failed++
		c.notUntil = now.Add(checkpointPause)
		if c.failed == 1 {
			w.log.Warn("a checkpoint failed; it is tried again", slog.Any("error", err))
		}
		if c.failed >= checkpointFailures {
			w.troubles.set(TroubleCheckpoints, err)
		}
		// A database on a disk or quota of its own may be full by itself: giving
		// up the reserve makes no room there.
		if !w.reserve.roomFor(2) {
			w.ranFull(err)
		}
		return
	}
	c.failed = 0
	w.troubles.clear(TroubleCheckpoints)
	if whole {
		c.done.Add(1)
		return
	}
	c.blocked.Add(1)
	c.notUntil = now.Add(checkpointPause)
}

// lookAtWAL tells of a write-ahead log that is too large. The caller holds mu.
func (w *writer) lookAtWAL(ctx context.Context) {
	w.checkpoint(ctx)
	w.checkpoints.wal.Store(w.files.walBytes())
	if w.checkpoints.wal.Load() > walBound {
		w.troubles.set(TroubleWAL, errWALLarge)
	} else {
		w.troubles.clear(TroubleWAL)
	}
}

var errWALLarge = errors.New("the write-ahead log is larger than 64 MiB")

// walBytes returns the length of the write-ahead log; zero where nobody knows.
func (f *openFiles) walBytes() int64 {
	if f == nil {
		return 0
	}
	_, size, err := identify(f.names[walFile])
	if err != nil {
		return 0
	}
	return size
}

// WAL returns the bytes of the write-ahead log.
func (s *Store) WAL() int64 { return s.write.checkpoints.wal.Load() }
