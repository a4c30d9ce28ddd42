package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Bounds are the sequence numbers between which the log has events, and the gaps there. An
// append, which has the write lock, moves the head, after its commit. Retention changes all
// else, one step at a time under a lock of its own: it moves First and notes a removed type
// before the commit, and counts what it removed after it. A reader may see a bound in
// between, but never a gap that no bound explains.
type Bounds struct {
	first        atomic.Int64
	lowWatermark atomic.Int64
	head         atomic.Int64
	sequenceGaps atomic.Int64
	removedTypes atomic.Int64 // an event.TypeSet
	sumsFrom     int64        // events from this number on have a checksum
}

// LoadBounds reads the bounds, and returns when the newest event arrived, in Unix
// microseconds; zero for none.
func (l *Log) LoadBounds(ctx context.Context) (received int64, err error) {
	var lowWatermark, removed int64
	err = l.reader.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE name = 'floor'),
		coalesce((SELECT value FROM meta WHERE name = 'missing'), 0), coalesce((SELECT value FROM meta WHERE name = 'removed'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'thinned'), 0), (SELECT value FROM meta WHERE name = 'sums_from')`).
		Scan(&lowWatermark, database.Atomic(&l.sequenceGaps), &removed, database.Atomic(&l.removedTypes), &l.sumsFrom)
	if err != nil {
		return 0, fmt.Errorf("read the store's bounds: %w", err)
	}
	l.first.Store(lowWatermark + 1)
	l.lowWatermark.Store(lowWatermark)
	l.head.Store(lowWatermark)
	err = l.reader.QueryRowContext(ctx, "SELECT seq, received FROM events ORDER BY seq DESC LIMIT 1").
		Scan(database.Atomic(&l.head), &received)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read the store's bounds: %w", err)
	}
	// The newest event may be one that is kept for a short time only. Its number isn't
	// used again.
	l.head.Store(max(l.head.Load(), removed))
	return received, nil
}

// First returns the oldest sequence number that is kept; Head+1 when none is.
func (b *Bounds) First() int64 { return b.first.Load() }

// LowWatermark returns the sequence number up to which every event is removed for good.
// First moves before a removal is durable, the low watermark after it.
func (b *Bounds) LowWatermark() int64 { return b.lowWatermark.Load() }

// Head returns the newest sequence number; zero before the first event.
func (b *Bounds) Head() int64 { return b.head.Load() }

// SequenceGaps returns how many sequence numbers from First to Head have no event, since
// the event was of a type that is kept for a shorter time.
func (b *Bounds) SequenceGaps() int64 { return b.sequenceGaps.Load() }

// SetHead moves the head to the newest event of an append that was committed.
func (b *Bounds) SetHead(seq int64) { b.head.Store(seq) }

// SetFirst moves the beginning of the log, before its rows are removed. Where that fails,
// it is moved back.
func (b *Bounds) SetFirst(seq int64) { b.first.Store(seq) }

// RemovedThrough notes that the events through a sequence number are removed for good,
// and with them a number of sequence gaps.
func (b *Bounds) RemovedThrough(seq, gaps int64) {
	b.lowWatermark.Store(seq)
	b.sequenceGaps.Add(-gaps)
}

// NoteRemovedType notes, before the commit, that events of a type are removed from the
// middle of the log: a reader that meets the gap then knows of it. It returns all types
// of which that was noted.
func (b *Bounds) NoteRemovedType(t event.Type) event.TypeSet {
	return event.TypeSet(b.removedTypes.Or(int64(event.Types(t)))) | event.Types(t)
}

// AddSequenceGaps notes that a number of events are removed from the middle of the log.
func (b *Bounds) AddSequenceGaps(n int64) { b.sequenceGaps.Add(n) }

// SequenceGap returns how many sequence numbers after one and up to another have no
// event. It is zero if no event of the types (an empty set means all) can be among them.
// Numbers before the log's first don't count.
func (l *Log) SequenceGap(ctx context.Context, after, through int64, types event.TypeSet) (int64, error) {
	removed := event.TypeSet(l.removedTypes.Load())
	after = max(after, l.First()-1)
	damaged := l.Damage.between(after+1, through) // their types are unknown
	if through <= after || removed == 0 || types != 0 && types&event.AllTypes == 0 && types&removed == 0 {
		return damaged, nil
	}
	var there int64
	err := l.reader.QueryRowContext(ctx, "SELECT count(*) FROM events WHERE seq > ? AND seq <= ?", after, through).Scan(&there)
	if err != nil {
		return 0, fmt.Errorf("count a sequence gap: %w", err)
	}
	return through - after - there + damaged, nil
}
