package database

import (
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"postern/internal/problem"
)

// ErrFull says that there is no room on the disk. Nothing of the change is kept, and
// the same call works again once there is room.
var ErrFull = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "The disk is full; nothing of the request was kept. Send it again once there is room.",
	RetryAfter: 10 * time.Second,
	Cause:      errors.New("the disk is full"),
}

// ErrUnwritable says that the disk refused a change for another reason than room.
var ErrUnwritable = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "The store can't be written; nothing of the request was kept. Look at Postern's log and the data folder, then send it again.",
	RetryAfter: 10 * time.Second,
	Cause:      errors.New("the store can't be written"),
}

// DiskError marks an error of SQLite's that is about the disk.
func DiskError(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%w: another process is writing to it: %w", ErrUnwritable, err)
	}
	return err
}

// RefusedByDisk reports whether the disk refused a change. A start goes on all the
// same: everything that was stored can be read.
func RefusedByDisk(err error) bool {
	return errors.Is(err, ErrFull) || errors.Is(err, ErrUnwritable)
}

// IsSQLite reports whether err is SQLite's own.
func IsSQLite(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e)
}

// IsConstraint reports whether err is a value that a column doesn't take.
func IsConstraint(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}

// IsUnique reports whether err is a key that exists already.
func IsUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
