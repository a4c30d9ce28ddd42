package database

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
)

// ReserveFile is the file in the data folder that holds room on the disk.
const ReserveFile = "reserve"

// The reserve is as large as the write-ahead log between two checkpoints (4
// MiB) and as much again, by which the database grows in one of them. That is
// room to open the store, to note what a start notes, and then for sign-ins,
// the audit, deliveries and retention, which makes more. On a disk of less
// than 128 MiB it is a sixteenth of the disk.
const (
	reserveBytes = 8 << 20
	ReserveShare = 16
)

// reserve is room on the disk that events may not use. It is given up once the
// disk is full, so that everything but events goes on, and taken again once
// there is room. The write lock guards it, but for its size.
type reserve struct {
	dir   string
	room  func(dir string) (free, total int64, err error)
	short bool         // the disk was full, and the reserve isn't back
	size  atomic.Int64 // zero while there is none
}

func newReserve(dir string, sys *System) *reserve {
	return &reserve{dir: dir, room: sys.room}
}

func (r *reserve) path() string { return filepath.Join(r.dir, ReserveFile) }

// find looks whether the reserve is there: an earlier start has made it, and a
// command that had the folder may have given it up.
func (r *reserve) find() bool {
	r.size.Store(0)
	if info, err := os.Stat(r.path()); err == nil {
		r.size.Store(info.Size())
	}
	return r.size.Load() > 0
}

// wanted returns how large the reserve is to be, and how much room there is.
// Where the file system doesn't say, that is unlimited.
func (r *reserve) wanted() (wanted, free int64) {
	free, total, err := r.room(r.dir)
	if err != nil {
		return reserveBytes, 1 << 62
	}
	return min(reserveBytes, total/ReserveShare), free
}

// release gives the reserve back to the disk, and reports whether there was
// one.
func (r *reserve) release() bool {
	r.short = true
	r.size.Store(0)
	return os.Remove(r.path()) == nil
}

// take makes the reserve where it isn't there and leaves times as much room as
// it needs, and reports whether it is there.
func (r *reserve) take(times int64) bool {
	if r.find() {
		r.short = false
		return true
	}
	wanted, _ := r.wanted()
	if wanted == 0 || !r.roomFor(times) {
		return false
	}
	if err := allocate(r.path(), wanted); err != nil {
		_ = os.Remove(r.path())
		return false
	}
	r.size.Store(wanted)
	r.short = false
	return true
}

// roomFor reports whether the disk has times as much room as the reserve needs.
func (r *reserve) roomFor(times int64) bool {
	wanted, free := r.wanted()
	return free >= times*wanted
}

// allocate makes a file of a size whose room no other file can take.
func allocate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = preallocate(f, size)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		// Data that can't be compressed takes its full size on the disk.
		block := make([]byte, 64<<10)
		err = nil
		for at := int64(0); at < size && err == nil; at += int64(len(block)) {
			_, _ = rand.Read(block) // never fails
			_, err = f.WriteAt(block[:min(int64(len(block)), size-at)], at)
		}
		err = errors.Join(err, f.Sync())
	}
	return errors.Join(err, f.Close())
}

// ranFull is called with every error of a commit: where the disk is full it
// gives up the reserve. The caller holds the
// write lock.
func (db *DB) ranFull(err error) {
	if errors.Is(err, ErrFull) {
		db.reserve.release()
		db.troubles.set(TroubleFull, err)
	}
}

// regain takes the reserve again once the disk has twice its room, and reports
// whether events may be written. The caller holds the
// write lock.
func (db *DB) regain() bool {
	if db.reserve.short && db.reserve.take(2) {
		db.troubles.clear(TroubleFull)
		if errors.Is(db.refusal.err, ErrFull) {
			db.refusal.err = nil
		}
	}
	return !db.reserve.short
}

// isNoRoom reports whether an error of opening a store can come from a full
// disk: SQLite doesn't always say so.
func (r *reserve) isNoRoom(err error) bool {
	if err = DiskError(err); errors.Is(err, ErrFull) || errors.Is(err, syscall.ENOSPC) {
		return true
	}
	wanted, free := r.wanted()
	return errors.Is(err, ErrUnwritable) && free < wanted
}

// Reserve returns how many bytes of the disk are held in reserve;
// zero while there is none.
func (db *DB) Reserve() int64 { return db.reserve.size.Load() }

// Room returns how many bytes of the disk are free, the reserve aside.
func (db *DB) Room() (int64, error) {
	free, _, err := db.reserve.room(db.reserve.dir)
	if err != nil {
		return 0, fmt.Errorf("ask for the room on the disk: %w", err)
	}
	return free, nil
}

// fileRoom is how many times the reserve's room a file leaves free: files stop before
// events do.
const fileRoom = 4

// AdmitFile refuses a file of a size while the disk is full or nearly so: the room
// that is left is for the database.
func (db *DB) AdmitFile(bytes int64) error {
	db.Lock()
	short := !db.regain()
	db.Unlock()
	if wanted, free := db.reserve.wanted(); short || free-bytes < fileRoom*wanted {
		return fmt.Errorf("%w: less than %d times the reserve would be free", ErrFull, fileRoom)
	}
	return nil
}
