package legalhold

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"postern/internal/event"
	"postern/internal/store/eventrow"
)

// Events returns a page of the events under a hold, oldest first, from the log and from the
// copies: at most limit events after a sequence number, and the number to continue after;
// zero if there are no more.
func (s *Store) Events(ctx context.Context, h *Hold, after int64, limit int) (events []*event.Event, next int64, err error) {
	fail := func(err error) ([]*event.Event, int64, error) {
		return nil, 0, fmt.Errorf("list held events: %w", err)
	}
	// The log first: an event that leaves it meanwhile is found in both places, never in
	// neither.
	logged, through, err := s.inLog(ctx, h, after, limit)
	if err != nil {
		return fail(err)
	}
	rows, err := s.db.Reader().QueryContext(ctx,
		"SELECT "+eventrow.Columns+" FROM held_events WHERE hold = ? AND seq > ? ORDER BY seq LIMIT ?", h.n, after, limit)
	if err != nil {
		return fail(err)
	}
	kept, met, cut, err := s.log.CollectWhole(rows, s.pageBytes)
	if err == nil && len(met) > len(kept) {
		// A hold keeps all events: a page that lacks one would look complete.
		err = errDamaged
	}
	if err != nil {
		return fail(err)
	}
	if cut || len(kept) == limit {
		if last := kept[len(kept)-1].Seq; through == 0 || last < through {
			through = last
		}
	}
	events = append(logged, kept...)
	slices.SortFunc(events, func(a, b *event.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	events = slices.CompactFunc(events, func(a, b *event.Event) bool { return a.Seq == b.Seq })
	// After this number, the log or the copies may have more events.
	if through > 0 {
		if i := slices.IndexFunc(events, func(e *event.Event) bool { return e.Seq > through }); i >= 0 {
			events = events[:i]
		}
	}
	if len(events) > limit {
		events, through = events[:limit], events[limit-1].Seq
	}
	return events, through, nil
}

// errDamaged says that an event under a hold can't be read. The log names it.
var errDamaged = errors.New("an event under the hold was changed on the disk and can't be read; the log names it")

// errEnough ends a search whose page is full.
var errEnough = errors.New("enough")

// inLog returns events of the log that are under a hold, and the sequence number up to
// which it has looked; zero if these are all.
func (s *Store) inLog(ctx context.Context, h *Hold, after int64, limit int) (events []*event.Event, through int64, err error) {
	if h.Identity == "" {
		page, err := s.log.Search(ctx, event.Query{Filter: h.Filter, Limit: limit, Cursor: after, Ascending: true})
		if err == nil && len(page.Damaged) > 0 {
			err = errDamaged
		}
		return page.Events, page.Next, err
	}
	var page event.Page
	err = s.log.EachWholeAbout(ctx, h.Identity, after+1, s.log.Head(), func(e *event.Event) error {
		if !h.Match(e) {
			return nil
		}
		if page.Full(limit, s.pageBytes) {
			page.Next = page.Last()
			return errEnough
		}
		page.Add(e)
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		err = nil
	case errors.As(err, new(*eventrow.DamagedError)):
		err = errDamaged
	}
	return page.Events, page.Next, err
}

// Held returns which of some events are under a hold, with the row of that. An event
// that couldn't be read counts as held, since any hold may cover it.
func (s *Store) Held(ctx context.Context, seqs []int64, events []*event.Event) (map[int64]int64, error) {
	holds, err := s.All(ctx)
	if err != nil || len(holds) == 0 {
		return nil, err
	}
	held := make(map[int64]int64)
	for _, seq := range seqs {
		held[seq] = holds[0].n
	}
	for _, e := range events {
		delete(held, e.Seq)
		if i := slices.IndexFunc(holds, func(h *Hold) bool { return h.Match(e) }); i >= 0 {
			held[e.Seq] = holds[i].n
		}
	}
	return held, nil
}

// Copied returns the event with an id that only a hold keeps, or event.ErrNotFound.
func (s *Store) Copied(ctx context.Context, id string) (*event.Event, error) {
	holds, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		e, err := eventrow.ScanAsIs(s.db.Reader().QueryRowContext(ctx,
			"SELECT "+eventrow.Columns+" FROM held_events WHERE hold = ? AND id = ?", h.n, eventrow.IDValue(id)))
		if !errors.Is(err, sql.ErrNoRows) {
			return e, err
		}
	}
	return nil, event.ErrNotFound
}

// WithCopyAbout returns the first of some holds that keeps a copy of an event about an
// identity; nil for none.
func (s *Store) WithCopyAbout(ctx context.Context, identity string, holds []*Hold) (*Hold, error) {
	for _, h := range holds {
		rows, err := s.db.Reader().QueryContext(ctx, "SELECT "+eventrow.Columns+
			` FROM held_events WHERE hold = ? AND (instr(data, ?) OR instr(data, '\'))`, h.n, identity)
		if err != nil {
			return nil, err
		}
		found, err := anyRow(rows, func(e *event.Event) bool { return e.IdentityID() == identity })
		if err != nil || found {
			return h, err
		}
	}
	return nil, nil
}

// anyRow reports whether an event of some rows passes, and closes rows. It keeps one event
// in memory at a time.
func anyRow(rows *sql.Rows, is func(*event.Event) bool) (bool, error) {
	defer rows.Close()
	for rows.Next() {
		e, err := eventrow.ScanAsIs(rows)
		switch {
		case errors.As(err, new(*eventrow.DamagedError)):
		case err != nil:
			return false, err
		case is(e):
			return true, nil
		}
	}
	return false, rows.Err()
}
