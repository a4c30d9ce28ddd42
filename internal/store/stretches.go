package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/event"
)

// stretches are all that are known, full ones by place, and the one that the
// head is in. A full one that isn't known may hold anything.
type stretches struct {
	mu      sync.RWMutex
	full    map[int64]*stretch
	open    *stretch
	index   *index         // of open
	minutes []tally        // of open
	unsaved []savedStretch // full, and not yet in the file
	head    *headCounts    // as the file had them at the start; nil once they are used

	rewritten atomic.Int64 // counts the commits that erased or removed events
}

// savedStretch is a stretch as it is written.
type savedStretch struct {
	*stretch
	hours, minutes []byte
	parts          [indexParts][]byte
}

// account adds committed events to what is known of the log. The caller holds
// the writer, so that they come in order.
func (j *Store) account(e *event.Event) {
	s := &j.stretches
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil && e.Seq > s.open.last() {
		j.completeStretch() // its last events are gone
	}
	if s.open == nil {
		s.open = newStretch(e.Seq)
		s.restore(j.activity)
	}
	j.activity.mu.Lock()
	var done tally
	if s.head != nil && e.Seq <= s.head.through && s.head.n == s.open.n {
		j.activity.see(j.activity.number(e.Camera), e)
	} else {
		done = j.activity.count(e)
	}
	j.activity.mu.Unlock()
	if len(done.cells) > 0 {
		s.minutes = append(s.minutes, done)
	}
	s.open.add(e, s.index)
	if e.Seq == s.open.last() {
		j.completeStretch()
	}
}

// completeStretch closes the open stretch. The caller holds stretches.mu.
func (j *Store) completeStretch() {
	s := &j.stretches
	j.activity.mu.Lock()
	if done := j.activity.flush(); len(done.cells) > 0 {
		s.minutes = append(s.minutes, done)
	}
	j.activity.mu.Unlock()
	s.full[s.open.n] = s.open
	hours, minutes := j.activity.record(s.minutes).encode(s.open.first())
	s.unsaved = append(s.unsaved, savedStretch{s.open, hours, minutes, s.index.encode()})
	s.open, s.minutes = nil, nil
	s.index.reset()
}

// saveStretches writes the stretches that are complete and not in the file
// yet. The caller is in a commit; once it is through, stretchesSaved says so.
func (j *Store) saveStretches(ctx context.Context) (n int, err error) {
	j.stretches.mu.RLock()
	unsaved := j.stretches.unsaved
	j.stretches.mu.RUnlock()
	for _, s := range unsaved {
		if err := j.write.putStretch(ctx, s); err != nil {
			return 0, err
		}
		if s.first() < j.First() {
			continue // the index has texts of events that are gone
		}
		if err := j.write.putIndex(ctx, s.n, s.parts); err != nil {
			return 0, err
		}
	}
	return len(unsaved), nil
}

func (w *writer) putStretch(ctx context.Context, s savedStretch) error {
	_, err := w.conn.ExecContext(ctx, "INSERT OR REPLACE INTO stretches (n, at_min, at_max, types, words, hours, minutes, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		s.n, s.atMin, s.atMax, int64(s.types), s.words[:], s.hours, s.minutes, s.sum(s.words[:], s.hours, s.minutes))
	return err
}

// sum is the checksum of what the file has of a segment.
func (s *stretch) sum(words, hours, minutes []byte) int64 {
	return blockSum([]int64{s.n, s.atMin, s.atMax, int64(s.types)}, words, hours, minutes)
}

func (s *Store) stretchesSaved(n int) {
	s.stretches.mu.Lock()
	defer s.stretches.mu.Unlock()
	s.stretches.unsaved = s.stretches.unsaved[n:]
}

// dropUnsaved takes the stretches before a place off those that go into the
// file, and returns them.
func (s *stretches) dropUnsaved(before int64) (gone []savedStretch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaved = slices.DeleteFunc(s.unsaved, func(u savedStretch) bool {
		if u.n < before {
			gone = append(gone, u)
		}
		return u.n < before
	})
	return gone
}

// unsavedAt returns the stretch at a place if it goes into the file with the
// next commit.
func (s *stretches) unsavedAt(n int64) (savedStretch, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i := slices.IndexFunc(s.unsaved, func(u savedStretch) bool { return u.n == n }); i >= 0 {
		return s.unsaved[i], true
	}
	return savedStretch{}, false
}

// fullAt returns the full stretch at a place; nil where it isn't known.
func (s *stretches) fullAt(n int64) *stretch {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.full[n]
}

// judge says what the stretch at a place has for a filter; one that isn't known
// may have anything.
func (s *stretches) judge(n int64, f *sought) verdict {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch known := s.full[n]; {
	case known != nil:
		return known.judge(f)
	case s.open != nil && s.open.n == n:
		return s.open.judge(f)
	}
	return maybe
}

// startStretches are read before the log is open, the newest ones; older ones
// meanwhile, since a disk may take seconds to find them all.
const startStretches = 64

// loadStep is how many stretches are read in one go.
const loadStep = 64

// loadStretches reads what is known of the newest part of the log, makes up for
// what of that is not in the file, and begins to read the rest.
func (s *Store) loadStretches(ctx context.Context) error {
	// Of what is long ago, hours will do.
	oldest, newest := s.clock.bounds()
	s.activity.now = newest.Unix() / 60
	seq, err := s.SeqAt(ctx, oldest.Add(-minutesKept*time.Minute))
	if err != nil {
		return err
	}
	first, tail, young := stretchOf(s.First()), stretchOf(s.Head()+1), stretchOf(seq+1)
	begin := max(first, tail-s.opts.startStretches)
	if err := s.loadRemoved(ctx, first); err != nil {
		return err
	}
	if err := s.readStretches(ctx, begin, tail-1, young); err != nil {
		return err
	}
	if err := s.makeUp(ctx, first, tail); err != nil {
		return err
	}
	if begin > first {
		s.older = make(chan struct{})
		ctx, s.stopLoading = context.WithCancel(context.WithoutCancel(ctx))
		go func() {
			defer close(s.older)
			if err := s.loadOlder(ctx, first, begin-1, young); err != nil && ctx.Err() == nil {
				// It is read again, or made again.
				s.opts.Logger.Error("reading what is known of older events failed", slog.Any("error", err))
			}
		}()
	}
	return nil
}

// loadOlder reads what is known of the log from one stretch to another, the
// newest first.
func (s *Store) loadOlder(ctx context.Context, first, last, young int64) error {
	for ; last >= first; last -= loadStep {
		if err := s.readStretches(ctx, max(first, last-loadStep+1), last, young); err != nil {
			return err
		}
	}
	return nil
}

// loaded waits until all that is known of the log was read.
func (s *Store) loaded(ctx context.Context) error {
	select {
	case <-s.older:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readStretches reads what is known of the log from one stretch to another,
// by the minute from young on.
func (j *Store) readStretches(ctx context.Context, first, last, young int64) error {
	rows, err := j.reader.QueryContext(ctx, "SELECT n, at_min, at_max, types, words, hours, minutes, sum FROM stretches WHERE n BETWEEN ? AND ? ORDER BY n", first, last)
	if err != nil {
		return fmt.Errorf("read stretches: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		s := new(stretch)
		var types int64
		var bits, hours, minutes []byte
		var sum sql.NullInt64 // an older version wrote none, and its words are empty
		if err := rows.Scan(&s.n, &s.atMin, &s.atMax, &types, &bits, &hours, &minutes, &sum); err != nil {
			return fmt.Errorf("read stretches: %w", err)
		}
		s.types = event.TypeSet(types)
		if sum.Int64 != s.sum(bits, hours, minutes) && (sum.Valid || len(bits) > 0) {
			j.noteBlock(s.n)
			continue // it is made again
		}
		if s.n < young {
			minutes = nil
		}
		c, err := decodeCounts(hours, minutes, s.first())
		if err != nil {
			continue // it is made again
		}
		if len(bits) == len(words{}) {
			s.words = (*words)(bits)
		}
		j.activity.load(c)
		j.stretches.mu.Lock()
		j.stretches.full[s.n] = s
		j.stretches.mu.Unlock()
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read stretches: %w", err)
	}
	return nil
}

// makeUp accounts for the events of the stretch that the head is in, and for
// the last full one, which may be missing after a crash.
func (j *Store) makeUp(ctx context.Context, first, tail int64) error {
	if tail > first && j.stretches.full[tail-1] == nil {
		tail--
	}
	s := &j.stretches
	var err error
	if s.head, err = j.readCounts(ctx, "head"); err != nil {
		return err
	}
	defer func() { s.head = nil }()
	after := max(tail*stretchEvents, j.First()-1)
	left := j.Head() - tail*stretchEvents // numbers whose events were not met
	for after < j.Head() {
		events, through, err := j.Read(ctx, after, 0, readSpan)
		if err != nil {
			return err
		}
		for _, e := range events {
			j.account(e)
		}
		left -= int64(len(events))
		if through <= after {
			return errors.New("read stretches: the log has a hole")
		}
		after = through
	}
	if h := s.head; h != nil && s.open == nil && h.n == stretchOf(j.Head()) && j.Head() < (h.n+1)*stretchEvents {
		s.open = newStretch(j.Head()) // nothing is left of it
		s.restore(j.activity)
	}
	if left > 0 && (s.head == nil || s.head.n < tail) {
		// Some are gone, and nobody has kept what arrived.
		j.activity.unknownBefore = max(j.activity.unknownBefore, j.write.received/60_000_000+1)
	}
	if s.open != nil && j.Head() >= s.open.last() {
		s.mu.Lock()
		j.completeStretch()
		s.mu.Unlock()
	}
	return nil
}

// dropStretches removes the stretches that lie before first, whose events are
// going in the same commit. Once that is through, forget takes them off the
// account, those that aren't in the file yet as well.
func (j *Store) dropStretches(ctx context.Context, first int64) (forget func(), err error) {
	rows, err := j.write.conn.QueryContext(ctx, "DELETE FROM stretches WHERE n < ? RETURNING n, hours, minutes", stretchOf(first))
	if err != nil {
		return nil, err
	}
	gone, err := collect(rows, func(r interface{ Scan(...any) error }) (s savedStretch, err error) {
		s.stretch = new(stretch)
		return s, r.Scan(&s.n, &s.hours, &s.minutes)
	})
	if err == nil {
		err = j.write.dropIndexes(ctx, stretchOf(first))
	}
	return func() {
		for _, s := range append(j.stretches.dropUnsaved(stretchOf(first)), gone...) {
			j.stretches.mu.Lock()
			_, counted := j.stretches.full[s.n] // else it couldn't be read
			delete(j.stretches.full, s.n)
			j.stretches.mu.Unlock()
			if c, err := decodeCounts(s.hours, s.minutes, s.first()); err == nil && counted {
				j.activity.unload(c)
				j.activity.keepRemoved(c)
			}
		}
	}, err
}
