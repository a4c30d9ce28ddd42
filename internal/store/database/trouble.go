package database

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// TroubleKind names a kind of trouble with the data folder.
type TroubleKind string

// The kinds of trouble. DB.Troubles returns those that refuse events
// first.
const (
	// TroubleReplaced: a file of the store was removed or replaced. No
	// change is kept until Postern is started again.
	TroubleReplaced TroubleKind = "files_replaced"
	// TroubleFull: the disk is full. Events are refused until there is room.
	TroubleFull TroubleKind = "disk_full"
	// TroubleUnwritable: the newest append failed for another reason.
	TroubleUnwritable TroubleKind = "unwritable"
	// TroubleCheckpoints: the write-ahead log can't be moved into the
	// database, and grows.
	TroubleCheckpoints TroubleKind = "checkpoints_failing"
	// TroubleWAL: the write-ahead log is large, as during a long backup.
	TroubleWAL TroubleKind = "wal_large"
)

// TroubleKinds returns every kind, in the order of Troubles.
func TroubleKinds() []TroubleKind {
	return []TroubleKind{TroubleReplaced, TroubleFull, TroubleUnwritable, TroubleCheckpoints, TroubleWAL}
}

// Refuses reports whether trouble of this kind refuses events.
func (k TroubleKind) Refuses() bool {
	return k == TroubleReplaced || k == TroubleFull || k == TroubleUnwritable
}

// troubleTexts describes each kind of trouble: in a few words, and in sentences
// that say what to do.
var troubleTexts = map[TroubleKind]struct{ summary, detail string }{
	TroubleReplaced: {"no events accepted: database file removed",
		"A database file was removed or replaced while Postern runs, so Postern accepts no events and no changes. " +
			"Events accepted before can still be read. Look at Postern's log before you restart it."},
	TroubleFull: {"no events accepted: disk full",
		"The disk is full, so Postern accepts no events. Free some space; Postern continues by itself within seconds."},
	TroubleUnwritable: {"no events accepted: database can't be written",
		"The database can't be written, so Postern accepts no events. Look at Postern's log, at the disk and at the data folder's permissions."},
	TroubleCheckpoints: {"checkpoints fail",
		"The write-ahead log can't be moved into the database file. Events are accepted and safe, but the log grows until the disk is full. " +
			"Look at Postern's log and at the disk."},
	TroubleWAL: {"write-ahead log large",
		"The write-ahead log is larger than 64 MiB. A backup or another long read keeps it from shrinking. " +
			"If neither is under way, look at Postern's log."},
}

// Summary describes the trouble in a few words.
func (k TroubleKind) Summary() string { return troubleTexts[k].summary }

// Detail describes the trouble in sentences, and says what to do.
func (k TroubleKind) Detail() string { return troubleTexts[k].detail }

// Trouble is a fault of the data folder that lasts.
type Trouble struct {
	Kind  TroubleKind
	Since time.Time
	Err   error
}

// troubles holds the faults of now. Its methods are safe for concurrent use,
// and don't wait for the writer.
type troubles struct {
	mu   sync.Mutex
	now  func() time.Time
	log  *slog.Logger
	open map[TroubleKind]Trouble
}

func newTroubles(opts Options) *troubles {
	return &troubles{now: opts.Now, log: opts.Logger, open: make(map[TroubleKind]Trouble)}
}

// set begins a trouble, or replaces the error of one that goes on, and logs
// its beginning.
func (t *troubles) set(kind TroubleKind, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, goesOn := t.open[kind]
	if !goesOn {
		one = Trouble{Kind: kind, Since: t.now()}
		t.log.Error("trouble with the data folder", slog.String("kind", string(kind)), slog.Any("error", err))
	}
	one.Err = err
	t.open[kind] = one
}

// clear ends troubles.
func (t *troubles) clear(kinds ...TroubleKind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, kind := range kinds {
		if one, open := t.open[kind]; open {
			delete(t.open, kind)
			t.log.Info("trouble with the data folder is over", slog.String("kind", string(kind)), slog.Time("since", one.Since))
		}
	}
}

// get returns the error of a trouble of now; nil where there is none.
func (t *troubles) get(kind TroubleKind) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open[kind].Err
}

// Troubles returns the faults of the data folder at this moment, those that
// refuse events first.
func (db *DB) Troubles() []Trouble {
	t := db.troubles
	t.mu.Lock()
	defer t.mu.Unlock()
	order := TroubleKinds()
	return slices.SortedFunc(maps.Values(t.open), func(a, b Trouble) int {
		return slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
	})
}
