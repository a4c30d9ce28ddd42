package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// FileName is the name of the SQLite file in the data folder.
const FileName = "postern.db"

// Options are a database's settings; the zero value works.
type Options struct {
	// KeyFile is a file in the folder that must be readable; empty for none.
	KeyFile string
	// Locked is called with the folder's lock held, before anything in the folder
	// is opened; nil for nothing.
	Locked func()
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets failures and troubles; nil means none.
	Logger *slog.Logger
	// System is what the database asks of the operating system; nil means the
	// real one. Tests replace parts of it.
	System *System
}

func (opts Options) withDefaults() Options {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.System == nil {
		opts.System = new(System)
	}
	if opts.Locked == nil {
		opts.Locked = func() {}
	}
	return opts
}

// DB is the open data folder. Its methods are safe for concurrent use.
type DB struct {
	path   string
	opts   Options
	lock   *os.File // the folder's
	reader *sql.DB

	writer      writer
	group       *groupCommit
	refusal     refusal
	checkpoints checkpoints
	troubles    *troubles
	files       *watchedFiles
	walSaved    bool // the log of a replaced file was moved into the database
	reserve     *reserve
	counters    counters
}

// Load is what a caller of Open does with a database before it is open for
// others. Where the disk is full it is called again, with a database that was
// opened once the reserve was given up.
type Load func(context.Context, *DB) error

// lockWait is how long Open waits for another process to release the folder: a
// command, such as `postern user`, has it for a moment.
const (
	lockWait  = time.Second
	lockPause = 50 * time.Millisecond
)

// Open opens the data folder dir, which it makes if need be, and brings the
// schema up to date. Its errors are fit for a person to read: ErrLocked when
// another process has the folder, ErrNewer when a newer version wrote it.
func Open(ctx context.Context, dir string, opts Options, load Load) (*DB, error) {
	for end := time.Now().Add(lockWait); ; {
		db, err := openLocked(ctx, dir, opts, load)
		if !errors.Is(err, ErrLocked) || time.Now().After(end) {
			return db, err
		}
		if Wait(ctx, lockPause) != nil {
			return nil, err // that the folder is in use says more
		}
	}
}

// openLocked locks the folder and opens it.
func openLocked(ctx context.Context, dir string, opts Options, load Load) (*DB, error) {
	opts = opts.withDefaults()
	if err := makeFolder(dir, opts.KeyFile); err != nil {
		return nil, err
	}
	lock, err := LockFolder(dir)
	if err != nil {
		return nil, err
	}

	_ = os.Remove(filepath.Join(dir, "turn")) // of earlier versions
	opts.Locked()
	db := newDB(dir, opts, lock)
	reserved := db.reserve.find()
	err = db.open(ctx, load)
	if err != nil && reserved && db.reserve.isNoRoom(err) {
		db, err = db.reopenWithoutReserve(ctx, load)
	}
	if err == nil {
		return db, nil
	}
	if errors.Is(DiskError(err), ErrFull) {
		err = fmt.Errorf("%w: not even the reserve was room enough to open it; "+
			"make room on the disk, but remove nothing in the data folder", err)
	}
	return nil, errors.Join(err, db.Close())
}

// reopenWithoutReserve gives up the reserve and opens the folder again: with the
// room of the reserve it can be read at least.
func (db *DB) reopenWithoutReserve(ctx context.Context, load Load) (*DB, error) {
	db.reserve.release()
	lock := db.lock
	db.lock = nil // stays locked
	err := db.Close()
	again := newDB(filepath.Dir(db.path), db.opts, lock)
	if err != nil {
		return again, err
	}
	again.reserve.short = true
	err = again.open(ctx, load)
	again.troubles.set(TroubleFull, ErrFull)
	return again, err
}

// newDB returns a database that isn't open yet.
func newDB(dir string, opts Options, lock *os.File) *DB {
	return &DB{
		path: filepath.Join(dir, FileName), opts: opts, lock: lock,
		writer: writer{lock: newWriteLock(), prepared: make(map[string]*sql.Stmt)}, group: newGroupCommit(),
		troubles: newTroubles(opts), reserve: newReserve(dir, opts.System), counters: newCounters(),
	}
}

// open opens the connections and has the caller load what it needs.
func (db *DB) open(ctx context.Context, load Load) error {
	if err := db.openWriter(ctx); err != nil {
		return err
	}
	if err := db.openReaders(ctx); err != nil {
		return fmt.Errorf("open store for reading: %w", err)
	}
	if load == nil {
		return nil
	}
	return load(ctx, db)
}

// Path returns the SQLite file.
func (db *DB) Path() string { return db.path }

// Now returns the time of the clock that the database was opened with.
func (db *DB) Now() time.Time { return db.opts.Now() }

// Dir returns the data folder.
func (db *DB) Dir() string { return filepath.Dir(db.path) }

// Close waits for the writer, closes the file and lets the folder go.
func (db *DB) Close() error {
	db.Lock()
	defer db.Unlock()
	var errs []error
	if db.reader != nil {
		errs = append(errs, db.reader.Close())
	}
	errs = append(errs, db.writer.close())
	if db.lock != nil {
		errs = append(errs, db.lock.Close()) // lets the lock go
		db.lock = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}
