package indexer

import (
	"context"
	"fmt"

	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/segment"
)

// RemoveThrough removes the events up to a sequence number from the search index and the
// counters, in the transaction that removes them from the log. The caller calls committed
// after the commit.
func (x *Indexer) RemoveThrough(ctx context.Context, tx *database.Tx, last int64) (committed func(), err error) {
	// The counters of events that are removed can't be made again: they are saved.
	saved, err := x.log.Index.Save(ctx, tx, x.log.First())
	if err != nil {
		return nil, err
	}
	if err := x.SaveHead(ctx, tx); err != nil {
		return nil, err
	}
	removed, err := x.removeSegments(ctx, tx, last+1)
	if err != nil {
		return nil, err
	}
	if (last+1)%segment.Events != 1 {
		if err := segment.OverwriteBlocks(ctx, tx, segment.Of(last+1)); err != nil {
			return nil, err
		}
	}
	return func() {
		x.log.Index.Saved(saved)
		removed()
	}, nil
}

// removeSegments removes the segments before the first sequence number that is kept. The
// caller calls committed after the commit.
func (x *Indexer) removeSegments(ctx context.Context, tx *database.Tx, firstKept int64) (committed func(), err error) {
	removal, err := x.log.Index.Remove(ctx, tx, segment.Of(firstKept))
	if err == nil && len(removal.Blocks) > 0 {
		err = tx.Scrub(ctx, segment.BlocksTable, removal.Blocks)
	}
	if err != nil {
		return nil, fmt.Errorf("remove segments: %w", err)
	}
	return func() {
		removal.Committed(func(row segment.Row) {
			if c, err := counters.Decode(row.Hours, row.Minutes, segment.First(row.N)); err == nil {
				x.counters.Unload(c)
				x.counters.KeepRemoved(c)
			}
		})
	}, nil
}
