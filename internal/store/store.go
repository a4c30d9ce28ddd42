package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/store/accounts"
	"postern/internal/store/alerts"
	"postern/internal/store/auditlog"
	"postern/internal/store/backup"
	"postern/internal/store/cameras"
	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/erasure"
	"postern/internal/store/eventlog"
	"postern/internal/store/indexer"
	"postern/internal/store/legalhold"
	"postern/internal/store/requests"
	"postern/internal/store/retention"
	"postern/internal/store/secretbox"
	"postern/internal/store/silences"
	"postern/internal/store/snapshots"
	"postern/internal/store/wallclock"
)

// Default bounds of retention.
const (
	DefaultRetain      = 30 * 24 * time.Hour
	DefaultRetainBytes = 10 << 30

	DefaultRetainSnapshots     = 7 * 24 * time.Hour
	DefaultRetainSnapshotBytes = 2 << 30
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
	// RetainSnapshots is how long snapshots are kept, if their events are.
	// RetainSnapshotBytes is how much room their files may take before the oldest
	// go. Zero means the defaults.
	RetainSnapshots     time.Duration
	RetainSnapshotBytes int64
	// Key encrypts the webhooks' secrets, secretbox.KeyBytes long; nil means the key
	// in the data folder, which is made if need be.
	Key []byte
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Elapsed is the monotonic clock; nil means the one that Now's times carry.
	Elapsed func() time.Duration
	// Logger gets what retention did and what failed; nil means none.
	Logger *slog.Logger

	// PageBytes bounds a page of history, and ReadBytes one Read; zero means
	// event.DefaultPageBytes and eventlog.DefaultReadBytes. Both have one event at
	// least.
	PageBytes, ReadBytes int64

	startSegments int64            // the constant, but for tests
	system        *database.System // the real one, but for tests
}

// Store is the open data folder. Its methods are safe for concurrent use.
type Store struct {
	// DB is the database that the store and its rooms share.
	DB     *database.DB
	opts   Options
	reader *sql.DB // DB's
	// Secrets encrypts the secrets that the store keeps.
	Secrets *secretbox.Box
	// accessOnly says that the store was opened for accounts, keys and the audit
	// alone. It knows nothing of the log, and takes no events.
	accessOnly bool

	// Log reads the log, and has its bounds and its search index.
	*eventlog.Log
	append appender

	// Audit is the audit log. Accounts has the accounts, keys and sessions.
	Audit    *auditlog.Log
	Accounts *accounts.Store
	// Counters has the counts of events and of cameras.
	Counters *counters.Counters
	// Cameras has the settings and the troubles of cameras.
	Cameras *cameras.Store
	// Silences has the silences, and tells which one silences an event.
	Silences *silences.Store
	// Alerts has the acknowledgements of alerts, and finds the open ones.
	Alerts *alerts.Store
	// Requests has the requests with an Idempotency-Key and their answers.
	Requests *requests.Store
	// Holds has the legal holds. Erasure erases identities.
	Holds   *legalhold.Store
	Erasure *erasure.Eraser
	// Snapshots has the snapshots of events.
	Snapshots *snapshots.Store
	// Deliveries has the endpoints, their deliveries and attempts.
	Deliveries *deliveries.Store

	// Retention removes what its policy doesn't keep. Run calls it.
	Retention *retention.Retention
	indexer   *indexer.Indexer

	clock        *wallclock.Guard
	keepingClock sync.Mutex
	keptClock    int64 // the change of the clock's state that the file has
	toldHeld     bool  // the log says that the clock isn't believed
	// unsavedDowntime is the time before this start; nil once the file has it.
	unsavedDowntime *counters.Downtime

	overfull chan struct{} // more bytes are in use than may be
}

// Open opens the store in dir, which it makes if need be, and brings its
// schema up to date. Its errors are fit for a person to read; see database.Open.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	return openFolder(ctx, dir, opts, false)
}

// OpenForCommand opens the store in dir for one command, while no other process
// has it. It makes the folder and brings the schema up to date as Open does. It
// loads nothing of the log and takes no events, and doesn't count as a process
// that serves: the time since the last one stays a downtime.
func OpenForCommand(ctx context.Context, dir string, opts Options) (*Store, error) {
	if err := database.OwnFolder(dir); err != nil {
		return nil, err
	}
	return openFolder(ctx, dir, opts, true)
}

// openFolder opens the database and loads the store from it.
func openFolder(ctx context.Context, dir string, opts Options, accessOnly bool) (*Store, error) {
	opts = opts.withDefaults()
	dbOpts := database.Options{Now: opts.Now, Logger: opts.Logger, System: opts.system}
	// A restore that was killed had the lock. On a full disk, opening may need the
	// room that its incomplete copy takes.
	dbOpts.Locked = func() { backup.RemovePart(filepath.Join(dir, database.FileName+backup.PartSuffix)) }
	if opts.Key == nil {
		dbOpts.KeyFile = secretbox.KeyFile
	}
	var s *Store
	_, err := database.Open(ctx, dir, dbOpts, func(ctx context.Context, db *database.DB) error {
		s = newStore(db, opts)
		s.accessOnly = accessOnly
		err := s.load(ctx)
		if err != nil {
			err = errors.Join(err, s.release())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// newStore returns a store that has loaded nothing yet.
func newStore(db *database.DB, opts Options) *Store {
	s := &Store{
		DB: db, reader: db.Reader(), opts: opts,
		append:   newAppender(),
		overfull: make(chan struct{}, 1),
	}
	s.clock, s.keptClock = wallclock.NewGuard(opts.Now, opts.Elapsed), -1
	s.Log = eventlog.New(db, eventlog.Options{PageBytes: opts.PageBytes, ReadBytes: opts.ReadBytes, Logger: opts.Logger})
	s.Cameras = cameras.New(s.DB)
	s.Silences = silences.New(s.DB, opts.Now)
	s.Alerts = alerts.New(s.DB, alerts.Log{First: s.First, Head: s.Head, Collect: s.CollectPage, Find: findOpener}, opts.Now)
	s.Counters = counters.New(s.reader, counters.Log{First: s.First, Reports: s.OfflineReports})
	s.indexer = indexer.New(s.DB, s.Log, s.Counters, indexer.Options{StartSegments: opts.startSegments, Logger: opts.Logger})
	return s
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
	if opts.RetainSnapshots <= 0 {
		opts.RetainSnapshots = DefaultRetainSnapshots
	}
	if opts.RetainSnapshotBytes <= 0 {
		opts.RetainSnapshotBytes = DefaultRetainSnapshotBytes
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
	if opts.system == nil {
		opts.system = new(database.System)
	}
	return opts
}

// load reads what the store keeps in memory.
func (s *Store) load(ctx context.Context) error {
	if err := s.unlock(ctx); err != nil {
		return fmt.Errorf("open store %s: %w", s.DB.Path(), err)
	}
	s.Requests = requests.New(s.DB, s.Secrets, s.opts.Now)
	s.Deliveries = deliveries.New(s.DB, s.Secrets, s.Requests, s.opts.Now)
	s.Snapshots = snapshots.New(s.DB, s.Secrets, s.opts.Logger)
	s.Holds = legalhold.New(s.DB, s.Secrets, s.Log, s.Requests, s.Snapshots, s.opts.PageBytes)
	s.Retention = retention.New(
		retention.Rooms{
			DB: s.DB, Clock: s.clock, Log: s.Log, Indexer: s.indexer,
			Holds: s.Holds, Alerts: s.Alerts, Silences: s.Silences, Deliveries: s.Deliveries, Requests: s.Requests, Snapshots: s.Snapshots,
		},
		retention.Policy{
			Events: s.opts.Retain, Attempts: s.opts.RetainAttempts, Bytes: s.opts.RetainBytes, Types: s.opts.RetainTypes,
			Snapshots: s.opts.RetainSnapshots, SnapshotBytes: s.opts.RetainSnapshotBytes,
		},
		s.opts.PageBytes)
	s.Erasure = erasure.New(s.DB, s.Secrets, s.Log, s.Holds, s.Snapshots, s.Alerts,
		erasure.Options{PageBytes: s.opts.PageBytes, Logger: s.opts.Logger})
	s.Audit = auditlog.New(s.DB, s.Secrets, func() bool { return !s.accessOnly && s.Clock().Held })
	s.Accounts = accounts.New(s.DB, s.Audit)
	if err := s.Audit.Begin(ctx); err != nil {
		return fmt.Errorf("open store %s: %w", s.DB.Path(), err)
	}
	if s.accessOnly {
		return nil
	}
	if err := s.Index.Open(ctx, s.reader); err != nil {
		return fmt.Errorf("open store for reading: %w", err)
	}
	var err error
	if s.append.received, err = s.LoadBounds(ctx); err != nil {
		return err
	}
	if err := s.Erasure.Load(ctx); err != nil {
		return err
	}
	if err := s.append.loadColliding(ctx, s.reader); err != nil {
		return fmt.Errorf("read the producers: %w", err)
	}
	if err := s.loadClock(ctx); err != nil {
		return err
	}
	if err := s.Silences.Load(ctx); err != nil {
		return err
	}
	if err := s.Alerts.Load(ctx); err != nil {
		return err
	}
	_, now := s.clock.Bounds()
	s.Counters.Open(now)
	if err := s.noteDowntime(ctx); err != nil {
		return err
	}
	oldest, _ := s.clock.Bounds()
	return s.indexer.Load(ctx, oldest, s.append.received)
}

// Close waits for the writer, closes the file and lets the folder go.
func (s *Store) Close() error {
	if err := s.stop(); err != nil {
		return errors.Join(fmt.Errorf("close store: %w", err), s.DB.Close())
	}
	return s.DB.Close()
}

// stop ends loading, and notes when it was.
func (s *Store) stop() error {
	s.indexer.Stop()
	_ = s.Counters.WaitLoaded(context.Background())
	if !s.accessOnly {
		s.noteClosing()
	}
	return s.release()
}

// release lets go of the database.
func (s *Store) release() error {
	s.indexer.Stop()
	_ = s.Counters.WaitLoaded(context.Background())
	return s.Index.Close()
}
