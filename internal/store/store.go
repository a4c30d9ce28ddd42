package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/event"
	"postern/internal/store/counters"
	"postern/internal/store/segment"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// fileName is the store's file in the data folder.
const fileName = "postern.db"

// readers is how many connections read.
const readers = 4

// Default bounds of retention.
const (
	DefaultRetain      = 30 * 24 * time.Hour
	DefaultRetainBytes = 10 << 30
)

// Options are a store's settings; the zero value works.
type Options struct {
	// Retain is how long events and attempts are kept after they arrived;
	// zero means DefaultRetain.
	Retain time.Duration
	// RetainBytes is how large the store's file may grow before the
	// oldest events go; zero means DefaultRetainBytes.
	RetainBytes int64
	// RetainTypes are types of events that are kept for a shorter time than
	// Retain.
	RetainTypes map[event.Type]time.Duration
	// RetainAttempts is how long attempts are kept; zero means as long as
	// events.
	RetainAttempts time.Duration
	// Key encrypts the webhooks' secrets, KeyBytes long; nil means the key
	// in the data folder, which is made if need be.
	Key []byte
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Elapsed is the monotonic clock; nil means the one that Now's times carry.
	Elapsed func() time.Duration
	// Logger gets what retention did and what failed; nil means none.
	Logger *slog.Logger

	// PageBytes bounds a page of history, and ReadBytes one Read; zero means
	// event.DefaultPageBytes and DefaultReadBytes. Both have one event at
	// least.
	PageBytes, ReadBytes int64

	startSegments int64  // the constant, but for tests
	system        system // the real one, but for tests
}

// DefaultReadBytes is the default bound of one Read.
const DefaultReadBytes = 1 << 20

// Store is the open data folder. Its methods are safe for concurrent use.
type Store struct {
	path   string
	opts   Options
	lock   *os.File
	reader *sql.DB

	write  writer
	settle settler
	sealer *sealer
	beside bool // opened for access alone, and knows nothing of the log

	// Counters has the counts of events and of cameras.
	Counters *counters.Counters

	segments    *segment.Index
	stopLoading context.CancelFunc

	sumsFrom int64 // events from this number on have a checksum
	damaged  damages

	clock        *clockGuard
	keepingClock sync.Mutex
	keptClock    int64 // the change of the clock's state that the file has
	toldHeld     bool  // the log says that the clock isn't believed

	erasing       *erasingQueue
	erasedBefore  int64 // how many erasures were complete when it was opened
	telling       sync.Mutex
	tellRewritten func([]*event.Event)

	overfull  chan struct{} // more bytes are in use than may be
	retaining sync.Mutex    // held by the one Retain that moves first
	first     atomic.Int64
	removed   atomic.Int64 // the low watermark, once it is durable
	head      atomic.Int64
	missing   atomic.Int64 // numbers between first and head without an event
	thinned   atomic.Int64 // an event.TypeSet: types that are gone from the middle

	searchSpan int64 // the constant, but for tests
}

// writer is the one connection that writes, and who holds mu may use it.
type writer struct {
	mu    writerLock
	db    *sql.DB
	conn  *sql.Conn
	stmts statements
	args  []any // of the statement under way
	turn  *turn
	// producers has the numbers of producers by name, and colliding those
	// whose events are judged before they are inserted (duplicates.go).
	producers map[string]int64
	colliding map[int64]bool
	received  int64 // of the newest event, Unix microseconds
	failed    error // why the last append was refused; nil if it wasn't
	failedAt  time.Time
	counters  writerMetrics

	appending atomic.Int64 // appends that wait for mu
	took      atomic.Int64 // the newest commit, nanoseconds
	slowSync  func()       // delays each commit in tests; nil otherwise

	committing    func() error // fails in place of COMMIT in tests; nil otherwise
	checkpointing func() error // the same before a checkpoint
	checkpoints   checkpoints

	troubles        *troubles
	log             *slog.Logger
	files           *openFiles
	reserve         *reserve
	unsavedDowntime *counters.Downtime // before this start; nil once the file has it
	salvaged        bool               // what to do about a file that is gone was done
}

// Open opens the store in dir, which it makes if need be, and brings its
// schema up to date. Its errors are fit for a person to read: ErrLocked when
// another process has the folder, ErrNewer when a newer version wrote it. It
// waits a moment for one that OpenBeside has for a moment.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	for end := time.Now().Add(lockWait); ; {
		j, err := openLocked(ctx, dir, opts, false)
		if !errors.Is(err, ErrLocked) || time.Now().After(end) {
			return j, err
		}
		if wait(ctx, besidePause) != nil {
			return nil, err // that the folder is in use says more
		}
	}
}

// openLocked opens the store if nobody has the folder.
func openLocked(ctx context.Context, dir string, opts Options, beside bool) (*Store, error) {
	if err := makeFolder(dir, opts.Key != nil); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	removePart(filepath.Join(dir, fileName+partEnd)) // of a restore that was killed: it had the lock
	j := newStore(dir, opts, lock, beside)
	reserved := j.write.reserve.find()
	err = j.open(ctx)
	if err != nil && reserved && j.write.reserve.isNoRoom(err) {
		j.write.reserve.release()
		// With the room of the reserve it can be read at least.
		j.lock = nil // stays with this start
		if err = j.Close(); err == nil {
			j = newStore(dir, opts, lock, beside)
			j.write.reserve.short = true
			err = j.open(ctx)
			j.write.troubles.set(TroubleFull, ErrFull)
		}
	}
	if err != nil {
		j.lock = lock
		if errors.Is(diskError(err), ErrFull) {
			err = fmt.Errorf("%w: not even the reserve was room enough to open it; make room on the disk, but remove nothing in the data folder", err)
		}
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// newStore returns a store that isn't open yet. A nil lock says that
// another process has the folder.
func newStore(dir string, opts Options, lock *os.File, beside bool) *Store {
	j := &Store{path: filepath.Join(dir, fileName), opts: opts.withDefaults(), lock: lock, beside: beside, searchSpan: searchSpan, erasing: newErasingQueue()}
	j.clock, j.keptClock = newClockGuard(j.opts.Now, j.opts.Elapsed), -1
	j.segments = segment.NewIndex(j.noteBlock)
	j.Counters = counters.New(counters.Log{First: j.First, Reports: j.offlineReports})
	j.write.counters = newWriterMetrics()
	j.write.mu, j.settle.lead = newWriterLock(), make(chan struct{}, 1)
	j.write.troubles, j.write.log = newTroubles(j.opts), j.opts.Logger
	j.write.reserve = newReserve(dir, j.opts.system)
	j.write.committing, j.write.checkpointing = j.opts.system.committing, j.opts.system.checkpointing
	j.write.producers, j.write.colliding = map[string]int64{"": 0}, make(map[int64]bool)
	j.overfull = make(chan struct{}, 1)
	j.stopLoading = func() {}
	return j
}

func (opts Options) withDefaults() Options {
	if opts.Retain <= 0 {
		opts.Retain = DefaultRetain
	}
	if opts.RetainBytes <= 0 {
		opts.RetainBytes = DefaultRetainBytes
	}
	if opts.RetainAttempts <= 0 {
		opts.RetainAttempts = opts.Retain
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.PageBytes == 0 {
		opts.PageBytes = event.DefaultPageBytes
	}
	if opts.ReadBytes == 0 {
		opts.ReadBytes = DefaultReadBytes
	}
	if opts.system.room == nil {
		opts.system.room = diskRoom
	}
	if opts.startSegments == 0 {
		opts.startSegments = startSegments
	}
	return opts
}

func (s *Store) open(ctx context.Context) error {
	params := []string{"mode=rwc", "_txlock=immediate",
		"_pragma=busy_timeout(5000)",
		// auto_vacuum must come before the first table: it lets retention
		// give room back to the disk in small steps.
		"_pragma=auto_vacuum(INCREMENTAL)"}
	if s.lock == nil {
		// Another process writes, maybe back to back. It has made the file,
		// and setting auto_vacuum again would be a write without a turn.
		params = []string{"mode=rw", "_txlock=immediate",
			"_pragma=busy_timeout(" + strconv.FormatInt(besideWait.Milliseconds(), 10) + ")"}
	} else if err := orphanedWAL(s.path); err != nil {
		return err
	} else if err := createPrivate(s.path); err != nil {
		return err
	}
	var err error
	if s.write.turn, err = openTurn(filepath.Dir(s.path), s.beside); err != nil {
		return err
	}
	if s.write.db, err = sql.Open("sqlite", dsn(s.path, append(params,
		// What is removed is personal, or secret: it doesn't stay in the file.
		"_pragma=secure_delete(ON)",
		"_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)",
		"_pragma=wal_autocheckpoint(0)", // the writer's checkpoint does it
		"_pragma=cache_size(-16384)",
		"_pragma=journal_size_limit(67108864)")...)); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	s.write.db.SetMaxOpenConns(1)
	steps, err := migrations()
	if err != nil {
		return err
	}
	if s.lock == nil {
		err = s.served(ctx, newestVersion(steps))
	} else {
		err = migrate(ctx, s.write.db, steps)
	}
	if err != nil {
		return fmt.Errorf("open store %s: %w", s.path, err)
	}
	if s.write.conn, err = s.write.db.Conn(ctx); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if !s.beside {
		if s.write.files, err = watchFiles(s.path); err != nil {
			return fmt.Errorf("open store: %w", err)
		}
	}
	// SQLite copies the pages that a statement of many rows changes, so as to
	// undo it alone; those needn't go through a file. What a migration sorts
	// may be as large as the store, and goes through one: hence only now.
	if _, err := s.write.conn.ExecContext(ctx, "PRAGMA temp_store = MEMORY"); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if err := s.write.prepare(ctx); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if err := s.unlock(ctx); err != nil {
		return fmt.Errorf("open store %s: %w", s.path, err)
	}
	if s.reader, err = sql.Open("sqlite", dsn(s.path,
		"_pragma=query_only(1)",
		"_pragma=busy_timeout(5000)",
		"_pragma=cache_size(-8192)")); err != nil {
		return fmt.Errorf("open store for reading: %w", err)
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	// All of them are opened now: one that was opened later would find
	// another file, should this one be replaced.
	if err := warm(ctx, s.reader, readers); err != nil {
		return fmt.Errorf("open store for reading: %w", err)
	}
	if err = s.segments.Open(ctx, s.reader); err != nil {
		return fmt.Errorf("open store for reading: %w", err)
	}
	if s.beside {
		return nil
	}
	if err := s.loadBounds(ctx); err != nil {
		return err
	}
	if err := s.write.loadColliding(ctx); err != nil {
		return fmt.Errorf("read the producers: %w", err)
	}
	if err := s.loadClock(ctx); err != nil {
		return err
	}
	if err := s.noteDowntime(ctx); err != nil {
		return err
	}
	return s.loadSegments(ctx)
}

// warm opens as many connections as a pool may have.
func warm(ctx context.Context, db *sql.DB, n int) error {
	conns := make([]*sql.Conn, 0, n)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for range n {
		c, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		conns = append(conns, c)
	}
	return nil
}

// loadBounds finds the first and last sequence number that are kept.
func (s *Store) loadBounds(ctx context.Context) error {
	var floor, removed int64
	err := s.reader.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE name = 'floor'), (SELECT coalesce(max(n), 0) FROM erasures),
		coalesce((SELECT value FROM meta WHERE name = 'missing'), 0), coalesce((SELECT value FROM meta WHERE name = 'removed'), 0), coalesce((SELECT value FROM meta WHERE name = 'thinned'), 0),
		(SELECT value FROM meta WHERE name = 'sums_from')`).Scan(&floor, &s.erasedBefore, ptr(&s.missing), &removed, ptr(&s.thinned), &s.sumsFrom)
	if err != nil {
		return fmt.Errorf("read the store's bounds: %w", err)
	}
	s.first.Store(floor + 1)
	s.removed.Store(floor)
	s.head.Store(floor)
	err = s.reader.QueryRowContext(ctx, "SELECT seq, received FROM events ORDER BY seq DESC LIMIT 1").Scan(ptr(&s.head), &s.write.received)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the store's bounds: %w", err)
	}
	// The newest event may be one that is kept for a short time only. Its
	// number isn't used again.
	s.head.Store(max(s.head.Load(), removed))
	return nil
}

// First returns the oldest sequence number that is kept; Head+1 when none is.
func (s *Store) First() int64 { return s.first.Load() }

// RemovedThrough returns the sequence number up to which every event has been
// removed for good. First moves before a removal is durable, this after it.
func (s *Store) RemovedThrough() int64 { return s.removed.Load() }

// Head returns the newest sequence number; zero before the first event.
func (s *Store) Head() int64 { return s.head.Load() }

// Thinned returns how many numbers from First to Head have no event any more,
// since it was of a type that is kept for a shorter time.
func (s *Store) Thinned() int64 { return s.missing.Load() }

// ErasedBefore returns how many erasures were complete when the store was
// opened.
func (s *Store) ErasedBefore() int64 { return s.erasedBefore }

// Path returns the store's file.
func (s *Store) Path() string { return s.path }

// Close waits for the writer, closes the file and lets the folder go.
func (s *Store) Close() error {
	s.stopLoading()
	_ = s.Counters.WaitLoaded(context.Background())
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	var errs []error
	if s.reader != nil {
		if !s.beside {
			s.noteClosing()
		}
		errs = append(errs, s.segments.Close(), s.reader.Close())
	}
	errs = append(errs, s.write.close())
	if s.lock != nil {
		errs = append(errs, s.lock.Close()) // lets the lock go
		s.lock = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// createPrivate makes the file readable by its owner alone before SQLite
// would make it with wider rights; its -wal and -shm files inherit them.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open store %s: %w", path, pathCause(err))
	}
	// One that was there may be open to others.
	return errors.Join(f.Chmod(0o600), f.Close())
}

// dsn names the file as a URI, so that any character may stand in its path.
func dsn(path string, params ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	for i, p := range params {
		if i > 0 {
			u.RawQuery += "&"
		}
		u.RawQuery += p
	}
	return u.String()
}

// ptr scans into an atomic.
func ptr(v *atomic.Int64) sql.Scanner { return scanInt{v} }

type scanInt struct{ v *atomic.Int64 }

func (s scanInt) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("%T is not an integer", src)
	}
	s.v.Store(n)
	return nil
}
