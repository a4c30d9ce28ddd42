package counters

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxRemovedCounters bounds the counters that are kept of removed segments. The
// oldest minutes go first.
const maxRemovedCounters = 200_000

// KeepRemoved keeps the last day's minutes of a removed segment: charts show them
// although the events are removed.
func (c *Counters) KeepRemoved(s *Segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	numbers := c.numbersOf(s)
	oldest := c.now - MinutesKept
	for _, m := range s.minutes {
		if m.at > oldest {
			c.removed[m.at] = merge(c.removed[m.at], renumber(m.counters, numbers))
		}
	}
	kept := 0
	for at, counters := range c.removed {
		if at <= oldest {
			delete(c.removed, at)
			continue
		}
		kept += len(counters)
	}
	for kept > maxRemovedCounters {
		first := int64(1 << 62)
		for at := range c.removed {
			first = min(first, at)
		}
		kept -= len(c.removed[first])
		delete(c.removed, first)
		c.unknownBefore = max(c.unknownBefore, first+1)
	}
}

// LoadRemoved loads the counters of removed segments. first is the first segment
// with events, and firstKept the first sequence number that is kept.
func (c *Counters) LoadRemoved(ctx context.Context, first, firstKept int64) error {
	if first == 0 {
		return nil
	}
	saved, err := c.readRow(ctx, removedRow)
	if err != nil {
		return err
	}
	if saved != nil && saved.n == firstKept-1 {
		c.mu.Lock()
		defer c.mu.Unlock()
		numbers := c.numbersOf(saved.counters)
		for _, m := range saved.counters.minutes {
			c.removed[m.at] = renumber(m.counters, numbers)
		}
		c.unknownBefore = saved.through
		return nil
	}
	// Removed events may have arrived in the minute of the first one that is kept.
	var received int64
	err = c.reader.QueryRowContext(ctx, "SELECT received FROM events ORDER BY seq LIMIT 1").Scan(&received)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read counters: %w", err)
	}
	c.unknownBefore = received/microsPerMinute + 1
	if err != nil {
		c.unknownBefore = c.now + 1
	}
	return nil
}

// MarkUnknown says that removed events up to one, which arrived at a time in
// Unix microseconds, were not counted.
func (c *Counters) MarkUnknown(received int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unknownBefore = max(c.unknownBefore, received/microsPerMinute+1)
}
