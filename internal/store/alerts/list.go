package alerts

import (
	"context"
	"fmt"

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
	All
)

// Query asks for a page of alerts, newest first. Only the filter's types,
// cameras and sources count. A filter without types of alerts selects nothing.
type Query struct {
	event.Filter
	State State
	// Limit is the page's size. Cursor is the Next of the page before, zero for
	// the newest alerts.
	Limit  int
	Cursor int64
}

// List returns a page of alerts. It looks at Span of them at most: a page
// that ends there has a Next.
func (s *Store) List(ctx context.Context, q Query) (event.Page, error) {
	from, to := s.log.First(), s.log.Head()
	if q.Cursor > 0 {
		to = min(to, q.Cursor-1)
	}
	var page event.Page
	if q.State == Open {
		closed, err := Watermark(ctx, s.db.Reader())
		if err != nil {
			return page, fmt.Errorf("list alerts: %w", err)
		}
		from = max(from, closed+1)
	}
	from, cut, err := bound(ctx, s.db.Reader(), q.Filter, from, to)
	if err != nil {
		return page, fmt.Errorf("list alerts: %w", err)
	}
	walks, args := walks(eventrow.Columns, q.Filter, from, to, stateCondition[q.State])
	if walks == "" || from > to {
		return page, nil
	}
	rows, err := s.db.Reader().QueryContext(ctx, walks+" ORDER BY seq DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return page, fmt.Errorf("list alerts: %w", err)
	}
	events, full, err := s.log.Collect(rows)
	if err != nil {
		return page, fmt.Errorf("list alerts: %w", err)
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

// CountOpen counts the open alerts that match the filter's types, cameras and
// sources. It counts up to limit, and looks at Span alerts at most: if exact
// is false, there may be more.
func (s *Store) CountOpen(ctx context.Context, f event.Filter, limit int) (n int64, exact bool, err error) {
	closed, err := Watermark(ctx, s.db.Reader())
	if err == nil {
		n, exact, err = countOpen(ctx, s.db.Reader(), f, max(closed+1, s.log.First()), s.log.Head(), limit)
	}
	if err != nil {
		return 0, false, fmt.Errorf("count open alerts: %w", err)
	}
	return n, exact, nil
}

func countOpen(ctx context.Context, db database.Querier, f event.Filter, from, to int64, limit int) (n int64, exact bool, err error) {
	from, cut, err := bound(ctx, db, f, from, to)
	if err != nil {
		return 0, false, err
	}
	walks, args := walks("seq", f, from, to, stateCondition[Open])
	if walks == "" || from > to {
		return 0, !cut, nil
	}
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM ("+walks+" LIMIT ?)", append(args, limit+1)...).Scan(&n)
	if n > int64(limit) {
		return int64(limit), false, err
	}
	return n, !cut, err
}
