package store

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

// HeldEvents returns a page of the events under a hold, oldest first, whether
// they are in the log or only kept for it: at most limit after a number of
// the log, and the number to go on after; zero when there are no more.
func (s *Store) HeldEvents(ctx context.Context, h *Hold, after int64, limit int) (events []*event.Event, next int64, err error) {
	fail := func(err error) ([]*event.Event, int64, error) {
		return nil, 0, fmt.Errorf("list held events: %w", err)
	}
	// In this order: what leaves the log meanwhile is found in both places,
	// never in neither.
	logged, through, err := s.loggedUnder(ctx, h, after, limit)
	if err != nil {
		return fail(err)
	}
	rows, err := s.reader.QueryContext(ctx, "SELECT "+eventrow.Columns+" FROM held_events WHERE hold = ? AND seq > ? ORDER BY seq LIMIT ?",
		h.n, after, limit)
	if err != nil {
		return fail(err)
	}
	kept, met, cut, err := s.CollectWhole(rows, s.opts.PageBytes)
	if err == nil && len(met) > len(kept) {
		// A hold promises them all: no page of it looks whole without one.
		err = errHeldDamaged
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
	// Beyond what both have been read through, one of them may have more.
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

// errHeldDamaged says that an event under a hold can't be read. The log names it.
var errHeldDamaged = errors.New("an event under the hold was changed on the disk and can't be read; the log names it")

var errEnough = errors.New("enough")

// loggedUnder returns events in the log that are under a hold, and the number
// up to which it has looked; zero when that is all.
func (s *Store) loggedUnder(ctx context.Context, h *Hold, after int64, limit int) (events []*event.Event, through int64, err error) {
	if h.Identity == "" {
		page, err := s.Search(ctx, event.Query{Filter: h.Filter, Limit: limit, Cursor: after, Ascending: true})
		if err == nil && len(page.Damaged) > 0 {
			err = errHeldDamaged
		}
		return page.Events, page.Next, err
	}
	var page event.Page
	err = s.EachAbout(ctx, h.Identity, after+1, s.Head(), func(e *event.Event) error {
		if !h.Match(e) {
			return nil
		}
		if page.Full(limit, s.opts.PageBytes) {
			page.Next = page.Last()
			return errEnough
		}
		page.Add(e)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return page.Events, page.Next, err
}

// heldBy returns the hold that an event of an identity is under beside the
// log; nil for none.
func (s *Store) heldBy(ctx context.Context, identity string, holds []*Hold) (*Hold, error) {
	for _, h := range holds {
		rows, err := s.reader.QueryContext(ctx, "SELECT "+eventrow.Columns+
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

// anyRow reports whether an event of some rows is one that is looked for, and
// closes rows. It keeps none of them in memory.
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
