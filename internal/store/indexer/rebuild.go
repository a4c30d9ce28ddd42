package indexer

import (
	"context"
	"fmt"

	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/segment"
)

// Rebuild rebuilds the full segments that the file lacks or has without blocks, as in a file of
// an older version: one at a time, the newest first.
func (x *Indexer) Rebuild(ctx context.Context) error {
	if err := x.counters.WaitLoaded(ctx); err != nil {
		return err
	}
	indexed, err := x.log.Index.Indexed(ctx)
	if err != nil {
		return fmt.Errorf("rebuild segments: %w", err)
	}
	for n := segment.Of(x.log.Head()+1) - 1; n >= segment.Of(x.log.First()); n-- {
		if x.log.Index.Get(n) == nil {
			// Reading it may have failed at the start. Its row counts removed
			// events too, so that it is rebuilt only if it can't be read.
			_ = x.readSegments(ctx, n, n, n)
		}
		if x.log.Index.HasAll(n, x.log.First(), indexed) {
			continue
		}
		for done := false; !done; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if done, err = x.rebuildSegment(ctx, n); err != nil {
				return fmt.Errorf("rebuild segments: %w", err)
			}
		}
	}
	return nil
}

// rebuildSegment rebuilds one segment. done is false if events were redacted meanwhile.
func (x *Indexer) rebuildSegment(ctx context.Context, n int64) (done bool, err error) {
	redactions := x.log.Index.Redactions()
	rebuild, counted, err := x.readSegmentEvents(ctx, n)
	if err != nil || rebuild == nil {
		return err == nil, err
	}
	x.db.Lock()
	defer x.db.Unlock()
	if segment.Last(n) < x.log.First() {
		return true, nil
	}
	if x.log.Index.Redactions() != redactions {
		return false, nil // the events that were read may be erased
	}
	known := x.log.Index.Get(n) != nil
	var committed func()
	err = x.db.Commit(ctx, func(tx *database.Tx) (err error) {
		hours, minutes := counted.Encode(segment.First(n))
		committed, err = x.log.Index.PutRebuilt(context.WithoutCancel(ctx), tx, rebuild, hours, minutes, x.log.First())
		return err
	})
	if err != nil {
		return false, err
	}
	if !known {
		x.counters.Load(counted)
	}
	committed()
	return true, nil
}

// readSegmentEvents reads the events of segment n, and counts them. rebuild is nil if
// retention removes the segment meanwhile.
func (x *Indexer) readSegmentEvents(ctx context.Context, n int64) (rebuild *segment.Rebuild, counted *counters.Segment, err error) {
	rebuild = segment.NewRebuild(n)
	alone := counters.New(nil, counters.Log{})
	for after := segment.First(n) - 1; after < segment.Last(n); {
		events, through, err := x.log.Read(ctx, max(after, x.log.First()-1), 0, eventlog.ReadSpan)
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
