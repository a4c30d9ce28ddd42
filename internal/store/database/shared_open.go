package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// How long OpenShared waits for a process that is just starting, and each of
// its writes for that process's; and how long Open waits for OpenShared.
const (
	sharedWait  = 10 * time.Second
	lockWait    = time.Second
	sharedPause = 50 * time.Millisecond
)

// OpenShared opens the data folder for a few small reads and changes of accounts,
// keys and the audit, whether or not another process serves it: SQLite lets their
// commits take turns. Where no process does, it makes the folder and brings the
// schema up to date as Open does; otherwise that process has done so. It doesn't
// keep the folder locked.
func OpenShared(ctx context.Context, dir string, opts Options, load Load) (*DB, error) {
	if err := OwnFolder(dir); err != nil {
		return nil, err
	}
	db, err := openLocked(ctx, dir, opts, load, true)
	if errors.Is(err, ErrLocked) {
		return openServed(ctx, dir, opts, load)
	}
	if err != nil {
		return nil, err
	}
	err = db.lock.Close()
	db.lock = nil
	if err != nil {
		return nil, errors.Join(fmt.Errorf("let the data folder go: %w", err), db.Close())
	}
	return db, nil
}

// Shared reports whether the database was opened by OpenShared.
func (db *DB) Shared() bool { return db.shared }

// Served reports whether another process has the folder.
func (db *DB) Served() bool { return db.lock == nil }

// openServed opens a folder that another process has, once that one has
// brought it up to date.
func openServed(ctx context.Context, dir string, opts Options, load Load) (*DB, error) {
	for end := time.Now().Add(sharedWait); ; {
		db := newDB(dir, opts.withDefaults(), nil, true)
		err := db.open(ctx, load)
		if err == nil {
			return db, nil
		}
		err = errors.Join(err, db.Close())
		if !errors.Is(err, ErrNotReady) || time.Now().After(end) {
			return nil, err
		}
		if err := Wait(ctx, sharedPause); err != nil {
			return nil, err
		}
	}
}

// ErrNotReady says that the process that has the folder hasn't brought the
// store to this version's schema, or is an earlier version.
var ErrNotReady = errors.New("the Postern that has the data folder is an earlier version, or is still starting; use its own program, or try again")

// checkServed checks that a store that another process has is of this version.
func (db *DB) checkServed(ctx context.Context, newest int) error {
	if _, err := os.Stat(db.path); err != nil {
		return ErrNotReady
	}
	var version int
	if err := db.writer.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); isBusy(err) {
		return ErrNotReady // the file is being created under a lock that ignores the busy timeout
	} else if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	switch {
	case version < newest:
		return ErrNotReady
	case version > newest:
		return fmt.Errorf("%w: use that version's program", ErrNewer)
	}
	return nil
}

// turn lets a command that has opened the folder beside the process that serves
// have its turn at writing. SQLite alone isn't fair: a process that finds the file
// locked sleeps and tries again, and a writer that commits back to back is always
// there first. So a command holds the file turn while it waits and writes, and
// the writer that serves looks before each commit whether a command holds it.
type turn struct {
	file   *os.File
	shared bool
}

// How long a writer gives way, how often it looks meanwhile, and how long a
// command waits for another one. A process that hangs is never waited for for
// ever; the kernel releases the lock of one that ends.
const (
	giveWay  = 2 * time.Second
	lookTurn = time.Millisecond
)

// turnFile is the file of the turn.
const turnFile = "turn"

func openTurn(dir string, shared bool) (*turn, error) {
	f, err := os.OpenFile(filepath.Join(dir, turnFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the turn at writing: %w", err)
	}
	return &turn{file: f, shared: shared}, nil
}

// take waits for the turn. The caller calls done after its commit.
func (t *turn) take() (done func()) {
	how, wait := syscall.LOCK_SH, giveWay
	if t.shared {
		how, wait = syscall.LOCK_EX, sharedWait
	}
	for end := time.Now().Add(wait); ; time.Sleep(lookTurn) {
		err := syscall.Flock(int(t.file.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			return func() {} // SQLite's own lock is what keeps writers apart
		}
	}
	release := func() { _ = syscall.Flock(int(t.file.Fd()), syscall.LOCK_UN) }
	if t.shared {
		return release
	}
	release() // it has only looked
	return func() {}
}
