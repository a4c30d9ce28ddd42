package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// How long OpenBeside waits for a process that is just starting, and each of
// its writes for that process's; and how long Open waits for OpenBeside.
const (
	besideWait  = 10 * time.Second
	lockWait    = time.Second
	besidePause = 50 * time.Millisecond
)

// OpenBeside opens the store in dir for a few small reads and changes of
// access, whether or not another process serves it: SQLite lets their commits
// take turns. Where nobody does, it makes the folder and brings the schema up
// to date as Open does; where somebody does, that process has done so. It
// doesn't keep the folder locked, and is for access alone: it knows nothing of
// the log, and takes no events.
func OpenBeside(ctx context.Context, dir string, opts Options) (*Store, error) {
	if err := OwnFolder(dir); err != nil {
		return nil, err
	}
	j, err := openLocked(ctx, dir, opts, true)
	if errors.Is(err, ErrLocked) {
		return openServed(ctx, dir, opts)
	}
	if err != nil {
		return nil, err
	}
	err = j.lock.Close()
	j.lock = nil
	if err != nil {
		return nil, errors.Join(fmt.Errorf("let the data folder go: %w", err), j.Close())
	}
	return j, nil
}

// OpenForCommand opens the store in dir for one command, while no other process
// has it. It makes the folder and brings the schema up to date as Open does. It
// loads nothing of the log and takes no events, and doesn't count as a process
// that serves: the time since the last one stays a downtime.
func OpenForCommand(ctx context.Context, dir string, opts Options) (*Store, error) {
	if err := OwnFolder(dir); err != nil {
		return nil, err
	}
	return openLocked(ctx, dir, opts, true)
}

// OwnFolder refuses a folder of another user: that user's Postern couldn't open the
// files that a command makes in it.
func OwnFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return nil // it is made, or Open says what is wrong
	}
	if owner, known := ownerOf(info); known && owner != os.Geteuid() {
		return fmt.Errorf("the data folder %s belongs to uid %d, and this command runs as uid %d; run it as that user", dir, owner, os.Geteuid())
	}
	return nil
}

// openServed opens a store that another process has, once that one has
// brought it up to date.
func openServed(ctx context.Context, dir string, opts Options) (*Store, error) {
	for end := time.Now().Add(besideWait); ; {
		j := newStore(dir, opts, nil, true)
		err := j.open(ctx)
		if err == nil {
			return j, nil
		}
		err = errors.Join(err, j.Close())
		if !errors.Is(err, errNotReady) || time.Now().After(end) {
			return nil, err
		}
		if err := wait(ctx, besidePause); err != nil {
			return nil, err
		}
	}
}

// errNotReady says that the process that has the folder hasn't brought the
// store to this version's schema, or is an earlier version.
var errNotReady = errors.New("the Postern that has the data folder is an earlier version, or is still starting; use its own program, or try again")

// served checks that a store that another process has is of this version.
func (s *Store) served(ctx context.Context, newest int) error {
	if _, err := os.Stat(s.path); err != nil {
		return errNotReady
	}
	var version int
	if err := s.write.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); isBusy(err) {
		return errNotReady // the file is being created under a lock that ignores the busy timeout
	} else if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	switch {
	case version < newest:
		return errNotReady
	case version > newest:
		return fmt.Errorf("%w: use that version's program", ErrNewer)
	}
	return nil
}
