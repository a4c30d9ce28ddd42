package counters

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postern/internal/store/database"
	"postern/internal/store/segment"
)

// The rows of table counts.
const (
	headRow    = "head"
	removedRow = "removed"
)

// SaveHead writes the counters of the head segment, which is segment n, up to a
// sequence number. They can't be counted again once some of its events are
// removed. The caller is in a transaction.
func (c *Counters) SaveHead(ctx context.Context, tx *database.Tx, n, through int64) error {
	hours, minutes := c.headSegment().Encode(segment.First(n))
	return putRow(ctx, tx, headRow, n, through, hours, minutes)
}

// DeleteHead deletes the counters of the head segment: there is none.
func DeleteHead(ctx context.Context, tx *database.Tx) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM counts WHERE name = ?", headRow)
	return err
}

// SaveRemoved writes the counters of removed segments, whose last sequence number
// is given. The caller is in a transaction.
func (c *Counters) SaveRemoved(ctx context.Context, tx *database.Tx, last int64) error {
	c.mu.RLock()
	minutes := make([]bucket, 0, len(c.removed))
	for at, counters := range c.removed {
		minutes = append(minutes, bucket{at, counters})
	}
	unknownBefore := c.unknownBefore
	s := c.segmentOf(minutes)
	c.mu.RUnlock()
	hours, byMinute := s.Encode(0)
	return putRow(ctx, tx, removedRow, last, unknownBefore, hours, byMinute)
}

func putRow(ctx context.Context, tx *database.Tx, name string, n, through int64, hours, minutes []byte) error {
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?, ?)", name, n, through, hours, minutes)
	return err
}

// LoadHead reads the counters that the file has of the head segment, for
// RestoreHead. n is that segment; ok is false where the file has none. forget
// ends their use.
func (c *Counters) LoadHead(ctx context.Context) (n int64, ok bool, forget func(), err error) {
	c.savedHead, err = c.readRow(ctx, headRow)
	forget = func() { c.savedHead = nil }
	if c.savedHead == nil {
		return 0, false, forget, err
	}
	return c.savedHead.n, true, forget, nil
}

// readRow reads what putRow has written. It returns nil where there is no such
// row, or a damaged one.
func (c *Counters) readRow(ctx context.Context, name string) (*savedHead, error) {
	var h savedHead
	var hours, minutes []byte
	err := c.reader.QueryRowContext(ctx, "SELECT n, through, hours, minutes FROM counts WHERE name = ?", name).
		Scan(&h.n, &h.through, &hours, &minutes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing was saved
	}
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	first := segment.First(h.n)
	if name == removedRow {
		first = 0
	}
	if h.counters, err = Decode(hours, minutes, first); err != nil {
		return nil, nil //nolint:nilnil // the events that are kept are counted instead
	}
	return &h, nil
}
