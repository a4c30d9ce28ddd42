package eventlog

import (
	"database/sql"
	"log/slog"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/segment"
)

// DefaultReadBytes is the default bound of one Read.
const DefaultReadBytes = 1 << 20

// Options are the settings of a Log; the zero value works.
type Options struct {
	// PageBytes bounds a page of history, and ReadBytes one Read; zero means
	// event.DefaultPageBytes and DefaultReadBytes. Both have one event at least.
	PageBytes, ReadBytes int64
	// Logger gets the sequence numbers of damaged events; nil means none.
	Logger *slog.Logger
}

// Log reads the events of a store. Its methods are safe for concurrent use.
type Log struct {
	Bounds
	redacted
	// Damage counts the damaged events and blocks that reads met.
	Damage *Damage
	// Index is the search index. Appends, retention and erasure change it.
	Index *segment.Index
	// SearchSpan is the cost of one page of a search that no database index answers:
	// the constant, but for tests.
	SearchSpan int64

	reader *sql.DB
	opts   Options
}

// New returns the log of a database. It reads nothing; call Index.Open and LoadBounds before
// all else.
func New(db *database.DB, opts Options) *Log {
	if opts.PageBytes == 0 {
		opts.PageBytes = event.DefaultPageBytes
	}
	if opts.ReadBytes == 0 {
		opts.ReadBytes = DefaultReadBytes
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	damage := &Damage{logger: opts.Logger}
	return &Log{
		Damage: damage, Index: segment.NewIndex(damage.noteBlock), SearchSpan: searchSpan,
		reader: db.Reader(), opts: opts,
	}
}
