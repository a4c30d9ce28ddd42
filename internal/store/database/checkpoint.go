package database

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"
)

// A checkpoint moves the content of the write-ahead log into the database. The
// writer runs it after a commit, since SQLite doesn't report that its own failed.
const (
	// checkpointFrames is how many pages the log holds by then: 4 MiB.
	checkpointFrames = 1000
	// checkpointLook is how often the pages are counted at most. That costs 5
	// µs.
	checkpointLook = 50 * time.Millisecond
	// checkpointPause is how long the writer waits after a checkpoint that
	// failed, and after one for which a reader was in the way.
	checkpointPause = time.Second
	// CheckpointFailures are how many in a row are a trouble.
	CheckpointFailures = 3
	// WALEmptied is the size from which on the log is emptied: by then readers
	// have kept SQLite from restarting it.
	WALEmptied = 16 << 20
	// WALBound is the size from which on the log is a trouble.
	WALBound = 64 << 20
	// truncateWait is the milliseconds that emptying the log waits for readers, and
	// producers behind it. A page's reads end within them; beside a backup, which
	// reads for minutes, it is repeated until that is done.
	truncateWait = 2
)

// checkpoints are what the writer knows of its checkpoints. The write
// lock guards them, but for the counters.
type checkpoints struct {
	looked   time.Time // when the pages were counted
	notUntil time.Time
	failed   int // in a row

	done, failures, blocked atomic.Int64
	wal                     atomic.Int64 // bytes of the log
}

// checkpoint moves the write-ahead log into the database once it is large
// enough. It is called after a commit, and every second. The caller
// holds the write lock.
func (db *DB) checkpoint(ctx context.Context) {
	c, now := &db.checkpoints, time.Now()
	if now.Sub(c.looked) < checkpointLook || now.Before(c.notUntil) {
		return
	}
	c.looked = now
	// Most logs are too short to have that many pages; a look at the length
	// costs less than counting.
	c.wal.Store(db.files.walBytes())
	if c.wal.Load() < checkpointFrames*4096 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	_, frames, moved, err := WALCheckpoint(ctx, db.writer.conn, "NOOP")
	if err == nil && frames-moved >= checkpointFrames {
		if err = db.opts.System.checkpointing(); err == nil {
			_, frames, moved, err = WALCheckpoint(ctx, db.writer.conn, "PASSIVE")
		}
		db.checkpointed(err, moved == frames, now)
	}
	c.wal.Store(db.files.walBytes())
	if err == nil && moved == frames && c.wal.Load() >= WALEmptied {
		whole, err := db.truncateWAL(ctx)
		db.checkpointed(err, whole, now)
		c.wal.Store(db.files.walBytes())
	}
}

// WALCheckpoint runs a checkpoint of a mode. busy means that a reader was in the
// way of it, frames are the pages in the log, and moved how many of them stand
// in the database.
func WALCheckpoint(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, mode string) (busy bool, frames, moved int, err error) {
	err = DiskError(db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &moved))
	return busy, frames, moved, err
}

// checkpointed notes the outcome of a checkpoint.
func (db *DB) checkpointed(err error, whole bool, now time.Time) {
	c := &db.checkpoints
	if err != nil {
		c.failures.Add(1)
		c.failed++
		c.notUntil = now.Add(checkpointPause)
		if c.failed == 1 {
			db.opts.Logger.Warn("a checkpoint failed; it is tried again", slog.Any("error", err))
		}
		if c.failed >= CheckpointFailures {
			db.troubles.set(TroubleCheckpoints, err)
		}
		// A database on a disk or quota of its own may be full by itself: giving
		// up the reserve makes no room there.
		if !db.reserve.roomFor(2) {
			db.ranFull(err)
		}
		return
	}
	c.failed = 0
	db.troubles.clear(TroubleCheckpoints)
	if whole {
		c.done.Add(1)
		return
	}
	c.blocked.Add(1)
	c.notUntil = now.Add(checkpointPause)
}

// lookAtWAL runs a checkpoint that is due, and tells of a write-ahead log that is
// too large. The caller holds the write lock.
func (db *DB) lookAtWAL(ctx context.Context) {
	c := &db.checkpoints
	c.looked, c.notUntil = time.Time{}, time.Time{} // a second is pause enough
	db.checkpoint(ctx)
	c.wal.Store(db.files.walBytes())
	if c.wal.Load() > WALBound {
		db.troubles.set(TroubleWAL, errWALLarge)
	} else {
		db.troubles.clear(TroubleWAL)
	}
}

var errWALLarge = errors.New("the write-ahead log is larger than 64 MiB")

// walBytes returns the length of the write-ahead log; zero where it is unknown.
func (f *watchedFiles) walBytes() int64 {
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
func (db *DB) WAL() int64 { return db.checkpoints.wal.Load() }

// EmptyWAL moves the write-ahead log into the database and empties it, so that
// removed content is gone from it too. It reports false where a reader is still in
// there.
func (db *DB) EmptyWAL(ctx context.Context) (whole bool, err error) {
	db.Lock()
	defer db.Unlock()
	if db.writer.conn == nil {
		return false, ErrClosed
	}
	if err := db.checkFiles(len(FileSuffixes)); err != nil {
		return false, err
	}
	return db.truncateWAL(ctx)
}

// truncateWAL moves the write-ahead log into the database and empties it. It
// reports false where a reader, for which it waits a moment, is still in
// there. The caller holds the write lock.
func (db *DB) truncateWAL(ctx context.Context) (whole bool, err error) {
	ctx = context.WithoutCancel(ctx)
	conn := db.writer.conn
	// The writer is not to wait for a reader that takes its time.
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = "+strconv.Itoa(truncateWait)); err != nil {
		return false, err
	}
	busy, _, _, err := WALCheckpoint(ctx, conn, "TRUNCATE")
	_, restored := conn.ExecContext(ctx, "PRAGMA busy_timeout = 5000")
	return !busy, errors.Join(err, DiskError(restored))
}
