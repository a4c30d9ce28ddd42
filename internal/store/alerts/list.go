package alerts

import (
	"context"
	"fmt"
	"math"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
)

// State selects alerts by whether they are acknowledged.
type State int

// States of a Query.
const (
	Open State = iota
	Acknowledged
	Silenced // stored while a silence was active; never open
	All
)

// Query asks for a page of alerts, newest first.
type Query struct {
	// Selection selects alerts. Its cause, its assignee and its numbers select open
	// ones only.
	Selection
	State State
	// Limit is the page's size. Cursor is the Next of the page before, zero for
	// the newest alerts.
	Limit  int
	Cursor int64
}

// List returns a page of alerts. It looks at Span of them at most: a page that ends
// there has a Next.
func (s *Store) List(ctx context.Context, q Query) (event.Page, error) {
	page, err := s.list(ctx, q)
	if err != nil {
		return event.Page{}, fmt.Errorf("list alerts: %w", err)
	}
	return page, nil
}

func (s *Store) list(ctx context.Context, q Query) (page event.Page, err error) {
	to := s.log.Head()
	if q.Cursor > 0 {
		to = min(to, q.Cursor-1)
	}
	var query string
	var args []any
	var from int64
	var cut bool
	if q.State == Open {
		if from, cut, err = oldest(ctx, s.db.Reader(), to); err != nil {
			return page, err
		}
		where, values := q.where()
		query = "SELECT " + eventrow.Columns + " FROM events WHERE seq IN (SELECT o.seq FROM open_alerts o WHERE o.seq BETWEEN ? AND ? AND " +
			where + " ORDER BY o.seq DESC LIMIT ?)"
		args = append(append([]any{from, to}, values...), q.Limit+1)
	} else {
		if from, cut, err = oldestOfAll(ctx, s.db.Reader(), q.Filter, s.log.First(), to); err != nil {
			return page, err
		}
		query, args = walks(eventrow.Columns, q.Filter, from, to, q.State)
	}
	if query == "" || from > to {
		return page, nil
	}
	rows, err := s.db.Reader().QueryContext(ctx, query+" ORDER BY seq DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return page, err
	}
	events, full, err := s.log.Collect(rows)
	if err != nil {
		return page, err
	}
	page.Events = events
	switch {
	case full && len(events) <= q.Limit:
		page.Next = page.Last()
	case len(page.Events) > q.Limit:
		page.Events = page.Events[:q.Limit]
		page.Next = page.Last()
	case cut:
		page.Next = from
	}
	return page, nil
}

// Count counts the selected open alerts. It counts up to limit, and looks at Span
// alerts at most: if exact is false, there may be more.
func (s *Store) Count(ctx context.Context, sel Selection, limit int) (n int64, exact bool, err error) {
	if n, exact, err = count(ctx, s.db.Reader(), sel, limit); err != nil {
		return 0, false, fmt.Errorf("count open alerts: %w", err)
	}
	return n, exact, nil
}

func count(ctx context.Context, db database.Querier, sel Selection, limit int) (n int64, exact bool, err error) {
	from, cut, err := oldest(ctx, db, math.MaxInt64)
	if err != nil {
		return 0, false, err
	}
	where, args := sel.where()
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM open_alerts o WHERE o.seq >= ? AND "+where+" LIMIT ?)",
		append(append([]any{from}, args...), limit+1)...).Scan(&n)
	if n > int64(limit) {
		return int64(limit), false, err
	}
	return n, !cut, err
}
