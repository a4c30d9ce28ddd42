package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/segment"
)

// startSegments is how many segments are read before the log is open, the newest
// ones. Older ones are read while it is in use, since a disk may take seconds
// to find them all.
const startSegments = 64

// loadStep is how many older segments one read has.
const loadStep = 64

// countEvent adds a committed event to the search index and the counters. The
// caller holds the writer, so that events are counted in order.
func (s *Store) countEvent(e *event.Event) {
	n, open := s.Index.Head()
	if open && e.Seq > segment.Last(n) {
		s.completeSegment() // its last events are removed
		open = false
	}
	if n = segment.Of(e.Seq); !open {
		s.beginSegment(n)
	}
	s.Counters.Count(n, e)
	s.Index.Add(e)
	if e.Seq == segment.Last(n) {
		s.completeSegment()
	}
}

func (s *Store) beginSegment(n int64) {
	s.Index.Begin(n)
	s.Counters.RestoreHead(n)
}

// completeSegment ends the head segment. The caller holds the writer.
func (s *Store) completeSegment() {
	n, _ := s.Index.Head()
	s.Index.Complete(s.Counters.CompleteSegment().Encode(segment.First(n)))
}

// loadSegments reads the rows of the newest segments, counts the events that no
// row has, and begins to read the rows of older segments.
func (s *Store) loadSegments(ctx context.Context) error {
	// Minutes are kept for a day; of older segments the hours will do.
	oldest, _ := s.clock.Bounds()
	seq, err := s.SeqAt(ctx, oldest.Add(-counters.MinutesKept*time.Minute))
	if err != nil {
		return err
	}
	first, head, withMinutes := segment.Of(s.First()), segment.Of(s.Head()+1), segment.Of(seq+1)
	begin := max(first, head-s.opts.startSegments)
	if err := s.Counters.LoadRemoved(ctx, first, s.First()); err != nil {
		return err
	}
	if err := s.readSegments(ctx, begin, head-1, withMinutes); err != nil {
		return err
	}
	if err := s.countHead(ctx, first, head); err != nil {
		return err
	}
	if begin > first {
		done := s.Counters.BeginLoading()
		ctx, s.stopLoading = context.WithCancel(context.WithoutCancel(ctx))
		go func() {
			defer done()
			if err := s.loadOlder(ctx, first, begin-1, withMinutes); err != nil && ctx.Err() == nil {
				// They are read again, or rebuilt, by rebuildSegments.
				s.opts.Logger.Error("reading older segments failed", slog.Any("error", err))
			}
		}()
	}
	return nil
}

// loadOlder reads the rows of segments from first to last, the newest first.
func (s *Store) loadOlder(ctx context.Context, first, last, withMinutes int64) error {
	for ; last >= first; last -= loadStep {
		if err := s.readSegments(ctx, max(first, last-loadStep+1), last, withMinutes); err != nil {
			return err
		}
	}
	return nil
}

// readSegments reads the rows of segments from first to last, and their counts:
// by the minute from segment withMinutes on, by the hour before it.
func (s *Store) readSegments(ctx context.Context, first, last, withMinutes int64) error {
	return s.Index.Load(ctx, first, last, func(row segment.Row) bool {
		if row.N < withMinutes {
			row.Minutes = nil
		}
		c, err := counters.Decode(row.Hours, row.Minutes, segment.First(row.N))
		if err == nil {
			s.Counters.Load(c)
		}
		return err == nil // otherwise the segment is rebuilt
	})
}

// countHead counts the events of the head segment, and those of the last full
// one if its row is missing after a crash.
func (s *Store) countHead(ctx context.Context, first, head int64) error {
	if head > first && s.Index.Get(head-1) == nil {
		head--
	}
	saved, ok, forget, err := s.Counters.LoadHead(ctx)
	if err != nil {
		return err
	}
	defer forget()
	after := max(segment.First(head)-1, s.First()-1)
	left := s.Head() - segment.First(head) + 1 // sequence numbers without an event
	for after < s.Head() {
		events, through, err := s.Read(ctx, after, 0, eventlog.ReadSpan)
		if err != nil {
			return err
		}
		for _, e := range events {
			s.countEvent(e)
		}
		left -= int64(len(events))
		if through <= after {
			return errors.New("read segments: the log ends before its head")
		}
		after = through
	}
	_, open := s.Index.Head()
	if ok && !open && saved == segment.Of(s.Head()) && s.Head() < segment.Last(saved) {
		s.beginSegment(saved) // all of its events are removed
	}
	if left > 0 && (!ok || saved < head) {
		// Some events are removed, and the file has no counts of them.
		s.Counters.MarkUnknown(s.append.received)
	}
	if n, open := s.Index.Head(); open && s.Head() >= segment.Last(n) {
		s.completeSegment()
	}
	return nil
}

// removeSegments removes the segments before the first sequence number that is
// kept, in the transaction that removes their events. The caller calls committed
// after the commit.
func (s *Store) removeSegments(ctx context.Context, tx *database.Tx, firstKept int64) (committed func(), err error) {
	removal, err := s.Index.Remove(ctx, tx, segment.Of(firstKept))
	if err == nil && len(removal.Blocks) > 0 {
		err = tx.Scrub(ctx, segment.BlocksTable, removal.Blocks)
	}
	if err != nil {
		return nil, fmt.Errorf("remove segments: %w", err)
	}
	return func() {
		removal.Committed(func(row segment.Row) {
			if c, err := counters.Decode(row.Hours, row.Minutes, segment.First(row.N)); err == nil {
				s.Counters.Unload(c)
				s.Counters.KeepRemoved(c)
			}
		})
	}, nil
}
