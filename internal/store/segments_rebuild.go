package store

import (
	"context"
	"fmt"

	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/segment"
)

// rebuildSegments rebuilds the full segments that the file lacks or has without
// blocks, as in a file of an older version. It begins with the newest, and goes
// one segment at a time.
func (s *Store) rebuildSegments(ctx context.Context) error {
	if err := s.Counters.WaitLoaded(ctx); err != nil {
		return err
	}
	indexed, err := s.Index.Indexed(ctx)
	if err != nil {
		return fmt.Errorf("rebuild segments: %w", err)
	}
	for n := segment.Of(s.Head()+1) - 1; n >= segment.Of(s.First()); n-- {
		if s.Index.Get(n) == nil {
			// Reading it may have failed at the start. Its row counts removed
			// events too, so that it is rebuilt only if it can't be read.
			_ = s.readSegments(ctx, n, n, n)
		}
		if s.Index.HasAll(n, s.First(), indexed) {
			continue
		}
		for done := false; !done; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if done, err = s.rebuildSegment(ctx, n); err != nil {
				return fmt.Errorf("rebuild segments: %w", err)
			}
		}
	}
	return nil
}

// rebuildSegment rebuilds one segment. done is false where events were redacted
// meanwhile.
func (s *Store) rebuildSegment(ctx context.Context, n int64) (done bool, err error) {
	redactions := s.Index.Redactions()
	rebuild, counted, err := s.readSegmentEvents(ctx, n)
	if err != nil || rebuild == nil {
		return err == nil, err
	}
	s.DB.Lock()
	defer s.DB.Unlock()
	if segment.Last(n) < s.First() {
		return true, nil
	}
	if s.Index.Redactions() != redactions {
		return false, nil // the events that were read may be erased
	}
	known := s.Index.Get(n) != nil
	var committed func()
	err = s.DB.Commit(ctx, func(tx *database.Tx) (err error) {
		hours, minutes := counted.Encode(segment.First(n))
		committed, err = s.Index.PutRebuilt(context.WithoutCancel(ctx), tx, rebuild, hours, minutes, s.First())
		return err
	})
	if err != nil {
		return false, err
	}
	if !known {
		s.Counters.Load(counted)
	}
	committed()
	return true, nil
}

// readSegmentEvents reads the events of segment n, and counts them. rebuild is
// nil where retention removes the segment meanwhile.
func (s *Store) readSegmentEvents(ctx context.Context, n int64) (rebuild *segment.Rebuild, counted *counters.Segment, err error) {
	rebuild = segment.NewRebuild(n)
	alone := counters.New(nil, counters.Log{})
	for after := segment.First(n) - 1; after < segment.Last(n); {
		events, through, err := s.Read(ctx, max(after, s.First()-1), 0, eventlog.ReadSpan)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range events {
			if e.Seq > segment.Last(n) {
				break
			}
			alone.Count(n, e)
			rebuild.Add(e)
		}
		if through <= after {
			return nil, nil, nil
		}
		after = through
	}
	rebuild.Finish()
	return rebuild, alone.CompleteSegment(), nil
}
