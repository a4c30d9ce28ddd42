package indexer

import (
	"context"
	"log/slog"

	"postern/internal/event"
	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/segment"
)

// defaultStartSegments is how many segments Load reads before it returns, the newest ones. It
// reads older ones while the store is in use: a disk may take seconds to find them all.
const defaultStartSegments = 64

// loadStep is how many older segments one read has.
const loadStep = 64

// Options are the settings of an Indexer.
type Options struct {
	// StartSegments replaces defaultStartSegments in tests.
	StartSegments int64
	Logger        *slog.Logger
}

// Indexer keeps the search index and the counters in step with the log.
type Indexer struct {
	db          *database.DB
	log         *eventlog.Log
	counters    *counters.Counters
	opts        Options
	stopLoading context.CancelFunc
}

// New returns the indexer of a log.
func New(db *database.DB, log *eventlog.Log, counters *counters.Counters, opts Options) *Indexer {
	if opts.StartSegments == 0 {
		opts.StartSegments = defaultStartSegments
	}
	return &Indexer{db: db, log: log, counters: counters, opts: opts, stopLoading: func() {}}
}

// Count adds a committed event to the search index and the counters. The caller holds the
// write lock, so that events are counted in order.
func (x *Indexer) Count(e *event.Event) {
	n, open := x.log.Index.Head()
	if open && e.Seq > segment.Last(n) {
		x.completeSegment() // its last events are removed
		open = false
	}
	if n = segment.Of(e.Seq); !open {
		x.beginSegment(n)
	}
	x.counters.Count(n, e)
	x.log.Index.Add(e)
	if e.Seq == segment.Last(n) {
		x.completeSegment()
	}
}

func (x *Indexer) beginSegment(n int64) {
	x.log.Index.Begin(n)
	x.counters.RestoreHead(n)
}

// completeSegment ends the head segment. The caller holds the write lock.
func (x *Indexer) completeSegment() {
	n, _ := x.log.Index.Head()
	x.log.Index.Complete(x.counters.CompleteSegment().Encode(segment.First(n)))
}

// SaveHead saves the counters of the head segment in a transaction: they can't be counted
// again once some of its events are removed.
func (x *Indexer) SaveHead(ctx context.Context, tx *database.Tx) error {
	n, open := x.log.Index.Head()
	if !open {
		return counters.DeleteHead(ctx, tx)
	}
	return x.counters.SaveHead(ctx, tx, n, x.log.Head())
}
