package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"postern/internal/event"
	"postern/internal/store/segment"
)

// maxRemovedCells bounds what is kept of the counts of removed segments: of a
// day's minutes the oldest go first.
const maxRemovedCells = 200_000

// headCounts are the counts of the head segment as the file has them: of its
// events up to through, those that were removed among them.
type headCounts struct {
	n, through int64
	counts     *counts
}

// saveHead writes the counts of the head segment, which can't be made again
// once some of its events are removed. The caller holds the writer and is in a
// commit.
func (s *Store) saveHead(ctx context.Context) error {
	n, open := s.segments.Head()
	if !open {
		_, err := s.write.conn.ExecContext(ctx, "DELETE FROM counts WHERE name = 'head'")
		return err
	}
	hours, minutes := s.activity.headCounts().encode(segment.First(n))
	return s.write.putCounts(ctx, "head", n, s.Head(), hours, minutes)
}

// saveRemoved writes the counts of segments that are gone. The caller holds the
// writer and is in a commit.
func (s *Store) saveRemoved(ctx context.Context) error {
	a := s.activity
	a.mu.RLock()
	minutes := make([]tally, 0, len(a.removed))
	for at, cells := range a.removed {
		minutes = append(minutes, tally{at, cells})
	}
	before := a.unknownBefore
	c := a.record(minutes)
	a.mu.RUnlock()
	hours, byMinute := c.encode(0)
	return s.write.putCounts(ctx, "removed", s.First()-1, before, hours, byMinute)
}

func (w *writer) putCounts(ctx context.Context, name string, n, through int64, hours, minutes []byte) error {
	_, err := w.conn.ExecContext(ctx, "INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?, ?)", name, n, through, hours, minutes)
	return err
}

// readCounts reads what putCounts has written; nil where there is nothing, or
// it can't be read.
func (s *Store) readCounts(ctx context.Context, name string) (*headCounts, error) {
	var h headCounts
	var hours, minutes []byte
	err := s.reader.QueryRowContext(ctx, "SELECT n, through, hours, minutes FROM counts WHERE name = ?", name).Scan(&h.n, &h.through, &hours, &minutes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing was kept
	}
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	first := segment.First(h.n)
	if name == "removed" {
		first = 0
	}
	if h.counts, err = decodeCounts(hours, minutes, first); err != nil {
		return nil, nil //nolint:nilnil // what is left in the log is counted instead
	}
	return &h, nil
}

// countIn counts an event of the head segment, which is segment n, unless the
// counts that were restored have it.
func (a *activity) countIn(n int64, e *event.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if h := a.savedHead; h != nil && h.n == n && e.Seq <= h.through {
		a.see(a.number(e.Camera), e)
		return
	}
	if done := a.count(e); len(done.cells) > 0 {
		a.head = append(a.head, done)
	}
}

// headCounts returns the counts of the head segment so far.
func (a *activity) headCounts() *counts {
	a.mu.RLock()
	defer a.mu.RUnlock()
	minutes := slices.Clone(a.head)
	if len(a.fresh) > 0 {
		minutes = append(minutes, tally{a.now, sorted(a.fresh)})
	}
	return a.record(minutes)
}

// segmentCounts returns the counts of the head segment, and begins the next
// one.
func (a *activity) segmentCounts() *counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	if done := a.flush(); len(done.cells) > 0 {
		a.head = append(a.head, done)
	}
	c := a.record(a.head)
	a.head = nil
	return c
}

// endSegment returns the encoded counts of the head segment, whose first
// sequence number is given, and begins the next one.
func (a *activity) endSegment(first int64) (hours, minutes []byte) {
	return a.segmentCounts().encode(first)
}

// restoreHead loads the counts that the file has of segment n, if it is the
// head segment.
func (a *activity) restoreHead(n int64) {
	h := a.savedHead
	if h == nil || h.n != n {
		return
	}
	a.load(h.counts)
	a.mu.Lock()
	defer a.mu.Unlock()
	numbers := a.numbersOf(h.counts)
	for _, m := range h.counts.minutes {
		a.head = append(a.head, tally{m.at, renumber(m.cells, numbers)})
	}
}

// loadRemoved finds out what is known of the last day's segments that are gone.
// first is the oldest one that isn't.
func (s *Store) loadRemoved(ctx context.Context, first int64) error {
	if first == 0 {
		return nil
	}
	a := s.activity
	kept, err := s.readCounts(ctx, "removed")
	if err != nil {
		return err
	}
	if kept != nil && kept.n == s.First()-1 {
		numbers := a.numbersOf(kept.counts)
		for _, m := range kept.counts.minutes {
			a.removed[m.at] = renumber(m.cells, numbers)
		}
		a.unknownBefore = kept.through
		return nil
	}
	// Others may have arrived in the minute of the first that is known.
	var received int64
	err = s.reader.QueryRowContext(ctx, "SELECT received FROM events ORDER BY seq LIMIT 1").Scan(&received)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read counts: %w", err)
	}
	a.unknownBefore = received/60_000_000 + 1
	if err != nil {
		a.unknownBefore = a.now + 1
	}
	return nil
}

// keepRemoved keeps the minutes of a segment that is gone for as long as minutes
// are told.
func (a *activity) keepRemoved(c *counts) {
	a.mu.Lock()
	defer a.mu.Unlock()
	numbers := a.numbersOf(c)
	oldest := a.now - minutesKept
	for _, m := range c.minutes {
		if m.at > oldest {
			a.removed[m.at] = merge(a.removed[m.at], renumber(m.cells, numbers))
		}
	}
	cells := 0
	for at, of := range a.removed {
		if at <= oldest {
			delete(a.removed, at)
			continue
		}
		cells += len(of)
	}
	for cells > maxRemovedCells {
		first := int64(1 << 62)
		for at := range a.removed {
			first = min(first, at)
		}
		cells -= len(a.removed[first])
		delete(a.removed, first)
		a.unknownBefore = max(a.unknownBefore, first+1)
	}
}
