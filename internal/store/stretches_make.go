package store

import (
	"context"
	"fmt"
)

// makeStretches makes up for full stretches, and for indexes, that the file
// lacks, as in one that an older version wrote, newest first. It goes a stretch
// at a time.
func (j *Store) makeStretches(ctx context.Context) error {
	if err := j.loaded(ctx); err != nil {
		return err
	}
	rows, err := j.reader.QueryContext(ctx, "SELECT n / ? FROM indexes WHERE n % ? = 0", indexParts, indexParts)
	if err != nil {
		return fmt.Errorf("account for older events: %w", err)
	}
	listed, err := collect(rows, scanNumber)
	if err != nil {
		return fmt.Errorf("account for older events: %w", err)
	}
	indexed := make(map[int64]bool, len(listed))
	for _, n := range listed {
		indexed[n] = true
	}
	newest := stretchOf(j.Head()+1) - 1
	for n := newest; n >= stretchOf(j.First()); n-- {
		s := j.stretches.fullAt(n)
		if s == nil {
			// Reading it may have failed at the start. Its row also counts what
			// arrived and is gone by now; it is made where it can't be read.
			_ = j.readStretches(ctx, n, n, n)
			s = j.stretches.fullAt(n)
		}
		_, unsaved := j.stretches.unsavedAt(n)
		// The first stretch has no index once some of its events are gone.
		if s != nil && s.words != nil && (indexed[n] || s.first() < j.First() || unsaved) {
			continue
		}
		for made := false; !made; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if made, err = j.makeStretch(ctx, n, s); err != nil {
				return fmt.Errorf("account for older events: %w", err)
			}
		}
	}
	return nil
}

// makeStretch makes up for a stretch, of which known is known; nil for
// nothing. It reports false where events of the log became others meanwhile.
func (j *Store) makeStretch(ctx context.Context, n int64, known *stretch) (made bool, err error) {
	rewritten := j.stretches.rewritten.Load()
	s := newStretch(n*stretchEvents + 1)
	x := newIndex()
	alone := newActivity()
	var minutes []tally
	for after := s.first() - 1; after < s.last(); {
		events, through, err := j.Read(ctx, max(after, j.First()-1), 0, readSpan)
		if err != nil {
			return false, err
		}
		for _, e := range events {
			if e.Seq > s.last() {
				break
			}
			if done := alone.count(e); len(done.cells) > 0 {
				minutes = append(minutes, done)
			}
			s.add(e, x)
		}
		if through <= after {
			return true, nil // retention has taken the rest
		}
		after = through
	}
	if done := alone.flush(); len(done.cells) > 0 {
		minutes = append(minutes, done)
	}
	c := alone.record(minutes)
	parts := x.encode()
	j.write.mu.Lock()
	defer j.write.mu.Unlock()
	if s.last() < j.First() {
		return true, nil
	}
	if j.stretches.rewritten.Load() != rewritten {
		return false, nil // what was read may have been erased
	}
	err = j.write.commit(ctx, func() error {
		ctx := context.WithoutCancel(ctx)
		if known != nil {
			// What arrived is known better than by what is left of it.
			var hours, minutes []byte
			err := j.write.conn.QueryRowContext(ctx, "SELECT hours, minutes FROM stretches WHERE n = ?", n).Scan(&hours, &minutes)
			if err != nil {
				return err
			}
			if _, err := j.write.conn.ExecContext(ctx, "UPDATE stretches SET words = ?, sum = ? WHERE n = ?", s.words[:], known.sum(s.words[:], hours, minutes), n); err != nil {
				return err
			}
		} else {
			hours, minutes := c.encode(s.first())
			if err := j.write.putStretch(ctx, savedStretch{stretch: s, hours: hours, minutes: minutes}); err != nil {
				return err
			}
		}
		if s.first() < j.First() {
			return nil
		}
		return j.write.putIndex(ctx, n, parts)
	})
	if err != nil {
		return false, err
	}
	if known != nil {
		w := s.words
		*s = *known
		s.words = w
	} else {
		j.activity.load(c)
	}
	j.stretches.mu.Lock()
	defer j.stretches.mu.Unlock()
	j.stretches.full[n] = s
	return true, nil
}
