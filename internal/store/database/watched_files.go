package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"modernc.org/sqlite"

	"postern/internal/problem"
)

// ErrReplaced says that a file of the store was removed or replaced while
// the store was open. SQLite goes on writing to the open file, and a start
// would not find those changes: no change is kept until Postern is restarted.
var ErrReplaced = &problem.Error{
	Code: problem.Unavailable,
	Detail: "A database file was removed or replaced while Postern runs, so Postern accepts no events and no changes. " +
		"Events accepted before can still be read. Look at Postern's log before you restart it.",
	RetryAfter: time.Minute,
	Cause:      errors.New("a file of the store was removed or replaced"),
}

// FileSuffixes are what the names of the store's files have after FileName: the
// database, its write-ahead log, and the index of that, through which
// processes agree on it.
var FileSuffixes = [...]string{"", WALSuffix, "-shm"}

// WALSuffix is that of the write-ahead log.
const WALSuffix = "-wal"

// The positions of files in FileSuffixes.
const (
	databaseFile = iota
	walFile
)

// How many of FileSuffixes hold events: a commit looks at these alone, and upkeep
// at all.
const eventFiles = 2

// fileID tells a file from another one of the same name.
type fileID struct{ device, inode uint64 }

// watchedFiles are the database's files as SQLite has opened them. Nil means that
// they aren't watched.
type watchedFiles struct {
	paths [len(FileSuffixes)]string
	names [len(FileSuffixes)][]byte // the same, each with a zero byte at its end
	ids   [len(FileSuffixes)]fileID
}

// watchFiles remembers which files the names of the store stand for.
func watchFiles(path string) (*watchedFiles, error) {
	f := new(watchedFiles)
	for i, end := range FileSuffixes {
		f.paths[i], f.names[i] = path+end, []byte(path+end+"\x00")
		var err error
		if f.ids[i], _, err = identify(f.names[i]); err != nil {
			return nil, fmt.Errorf("look at %s: %w", f.paths[i], err)
		}
	}
	return f, nil
}

// identify returns which file a path stands for, and its length. The path ends
// with a zero byte. It never opens the file: closing it again would take away
// SQLite's locks.
func identify(path []byte) (fileID, int64, error) {
	var s syscall.Stat_t
	if err := stat(path, &s); err != nil {
		return fileID{}, 0, err
	}
	return fileID{uint64(s.Dev), s.Ino}, s.Size, nil //nolint:unconvert // Dev is signed on other systems
}

// moved reports whether a file was removed, or its name belongs to another file. A
// file that can't be looked at, as on a broken disk, counts as in place: a write to
// it fails, and says why.
func (f *watchedFiles) moved(file int) error {
	id, _, err := identify(f.names[file])
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s is gone", ErrReplaced, f.paths[file])
	case err == nil && id != f.ids[file]:
		return fmt.Errorf("%w: %s is another file than the one that is open", ErrReplaced, f.paths[file])
	}
	return nil
}

// check returns an error that wraps ErrReplaced where one of the first n files
// is gone or another one. It takes a microsecond or two for each.
func (f *watchedFiles) check(n int) error {
	if f == nil {
		return nil
	}
	for i := range n {
		if err := f.moved(i); err != nil {
			return err
		}
	}
	return nil
}

// checkFiles returns an error that wraps ErrReplaced once one of the first n
// files was removed or replaced. The caller
// holds the write lock.
func (db *DB) checkFiles(n int) error {
	if err := db.troubles.get(TroubleReplaced); err != nil {
		return err
	}
	err := db.files.check(n)
	if err != nil {
		db.troubles.set(TroubleReplaced, err)
	}
	return err
}

// saveWAL moves the write-ahead log, which may have no name any more, into the
// database: where that one is in place, a start finds everything; where it is
// not, the open file is whole by itself, and can be copied from /proc. It is
// tried again while a reader is in the way. The caller holds the write lock,
// and no transaction is under way.
func (db *DB) saveWAL() {
	if db.walSaved || db.troubles.get(TroubleReplaced) == nil {
		return
	}
	if db.files.moved(walFile) != nil {
		// SQLite removes by name when it closes, and that file isn't its own.
		_ = db.writer.conn.Raw(func(driver any) error {
			_, err := driver.(sqlite.FileControl).FileControlPersistWAL("main", 1)
			return err
		})
	}
	whole, err := db.truncateWAL(context.Background())
	db.walSaved = whole || err != nil
	switch {
	case err != nil:
		db.opts.Logger.Error("the write-ahead log was not moved into the database", slog.Any("error", err))
	case whole && db.files.moved(databaseFile) != nil:
		db.opts.Logger.Warn("every accepted event is in the open database file, which has no name any more; copy it before Postern stops")
	case whole:
		db.opts.Logger.Warn("every accepted event was moved into the database; restart Postern",
			slog.String("database", db.files.paths[databaseFile]))
	}
}

// orphanedWAL refuses a folder that has a write-ahead log with content but no
// database: SQLite would remove the log, and with it events.
func orphanedWAL(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // opening it says what is wrong, if anything is
	}
	if info, err = os.Stat(path + FileSuffixes[walFile]); err != nil || info.Size() == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s is gone or empty, but its write-ahead log %s holds events; put the database back beside it, "+
		"or move the log away and restore a backup",
		ErrReplaced, path, filepath.Base(path)+FileSuffixes[walFile])
}
