package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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
// once some of its events are gone. The caller holds the writer and is in a
// commit.
func (j *Store) saveHead(ctx context.Context) error {
	s := &j.stretches
	s.mu.RLock()
	open, minutes := s.open, slices.Clone(s.minutes)
	s.mu.RUnlock()
	if open == nil {
		_, err := j.write.conn.ExecContext(ctx, "DELETE FROM counts WHERE name = 'head'")
		return err
	}
	a := j.activity
	a.mu.RLock()
	if len(a.fresh) > 0 {
		minutes = append(minutes, tally{a.now, sorted(a.fresh)})
	}
	a.mu.RUnlock()
	hours, byMinute := a.record(minutes).encode(open.first())
	return j.write.putCounts(ctx, "head", open.n, j.Head(), hours, byMinute)
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
	a.mu.RUnlock()
	hours, byMinute := a.record(minutes).encode(0)
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
	first := h.n*stretchEvents + 1
	if name == "removed" {
		first = 0
	}
	if h.counts, err = decodeCounts(hours, minutes, first); err != nil {
		return nil, nil //nolint:nilnil // what is left in the log is counted instead
	}
	return &h, nil
}

// restore takes the counts of the head segment over from the file, if they are
// of the open one. The caller holds stretches.mu.
func (s *stretches) restore(a *activity) {
	h := s.head
	if h == nil || h.n != s.open.n {
		return
	}
	a.load(h.counts)
	a.mu.Lock()
	defer a.mu.Unlock()
	numbers := a.numbersOf(h.counts)
	for _, m := range h.counts.minutes {
		s.minutes = append(s.minutes, tally{m.at, renumber(m.cells, numbers)})
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
