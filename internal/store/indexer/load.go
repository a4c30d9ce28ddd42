package indexer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"postern/internal/store/counters"
	"postern/internal/store/eventlog"
	"postern/internal/store/segment"
)

// Load reads the rows of the newest segments, counts the events that no row has, and begins
// to read the rows of older segments. oldest is the earliest time that it may be now, and
// received when the newest event arrived.
func (x *Indexer) Load(ctx context.Context, oldest time.Time, received int64) error {
	// Minutes are kept for a day; of older segments the hours will do.
	seq, err := x.log.SeqAt(ctx, oldest.Add(-counters.MinutesKept*time.Minute))
	if err != nil {
		return err
	}
	first, head, withMinutes := segment.Of(x.log.First()), segment.Of(x.log.Head()+1), segment.Of(seq+1)
	begin := max(first, head-x.opts.StartSegments)
	if err := x.counters.LoadRemoved(ctx, first, x.log.First()); err != nil {
		return err
	}
	if err := x.readSegments(ctx, begin, head-1, withMinutes); err != nil {
		return err
	}
	if err := x.countHead(ctx, first, head, received); err != nil {
		return err
	}
	if begin > first {
		done := x.counters.BeginLoading()
		ctx, x.stopLoading = context.WithCancel(context.WithoutCancel(ctx))
		go func() {
			defer done()
			if err := x.loadOlder(ctx, first, begin-1, withMinutes); err != nil && ctx.Err() == nil {
				// They are read again, or rebuilt, by Rebuild.
				x.opts.Logger.Error("reading older segments failed", slog.Any("error", err))
			}
		}()
	}
	return nil
}

// loadOlder reads the rows of segments from first to last, the newest first.
func (x *Indexer) loadOlder(ctx context.Context, first, last, withMinutes int64) error {
	for ; last >= first; last -= loadStep {
		if err := x.readSegments(ctx, max(first, last-loadStep+1), last, withMinutes); err != nil {
			return err
		}
	}
	return nil
}

// readSegments reads the rows of segments from first to last, and their counts:
// by the minute from segment withMinutes on, by the hour before it.
func (x *Indexer) readSegments(ctx context.Context, first, last, withMinutes int64) error {
	return x.log.Index.Load(ctx, first, last, func(row segment.Row) bool {
		if row.N < withMinutes {
			row.Minutes = nil
		}
		c, err := counters.Decode(row.Hours, row.Minutes, segment.First(row.N))
		if err == nil {
			x.counters.Load(c)
		}
		return err == nil // otherwise Rebuild makes it again
	})
}

// countHead counts the events of the head segment, and those of the last full
// one if its row is missing after a crash.
func (x *Indexer) countHead(ctx context.Context, first, head, received int64) error {
	if head > first && x.log.Index.Get(head-1) == nil {
		head--
	}
	saved, ok, forget, err := x.counters.LoadHead(ctx)
	if err != nil {
		return err
	}
	defer forget()
	after := max(segment.First(head)-1, x.log.First()-1)
	left := x.log.Head() - segment.First(head) + 1 // sequence numbers without an event
	for after < x.log.Head() {
		events, through, err := x.log.Read(ctx, after, 0, eventlog.ReadSpan)
		if err != nil {
			return err
		}
		for _, e := range events {
			x.Count(e)
		}
		left -= int64(len(events))
		if through <= after {
			return errors.New("read segments: the log ends before its head")
		}
		after = through
	}
	_, open := x.log.Index.Head()
	if ok && !open && saved == segment.Of(x.log.Head()) && x.log.Head() < segment.Last(saved) {
		x.beginSegment(saved) // all of its events are removed
	}
	if left > 0 && (!ok || saved < head) {
		// Some events are removed, and the file has no counts of them.
		x.counters.MarkUnknown(received)
	}
	if n, open := x.log.Index.Head(); open && x.log.Head() >= segment.Last(n) {
		x.completeSegment()
	}
	return nil
}

// Stop ends the reading of older segments.
func (x *Indexer) Stop() { x.stopLoading() }
