package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"postern/internal/event"
	"postern/internal/store/eventrow"
)

// AlertState selects alerts by whether they are acknowledged.
type AlertState int

// States of an AlertQuery.
const (
	OpenAlerts AlertState = iota
	AcknowledgedAlerts
	AllAlerts
)

// AlertQuery asks for a page of alerts, newest first. Only the filter's types,
// cameras and sources count. A filter without types of alerts selects nothing.
type AlertQuery struct {
	event.Filter
	State AlertState
	// Limit is the page's size. Cursor is the Next of the page before, zero for
	// the newest alerts.
	Limit  int
	Cursor int64
}

// Alerts returns a page of alerts. It looks at alertSpan of them at most: a page
// that ends there has a Next.
func (s *Store) Alerts(ctx context.Context, q AlertQuery) (event.Page, error) {
	from, to := s.First(), s.Head()
	if q.Cursor > 0 {
		to = min(to, q.Cursor-1)
	}
	var page event.Page
	if q.State == OpenAlerts {
		closed, err := readWatermark(ctx, s.reader)
		if err != nil {
			return page, fmt.Errorf("list alerts: %w", err)
		}
		from = max(from, closed+1)
	}
	from, cut, err := alertBound(ctx, s.reader, q.Filter, from, to)
	if err != nil {
		return page, fmt.Errorf("list alerts: %w", err)
	}
	walks, args := alertWalks(eventrow.Columns, q.Filter, from, to, stateCondition[q.State])
	if walks == "" || from > to {
		return page, nil
	}
	rows, err := s.reader.QueryContext(ctx, walks+" ORDER BY seq DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return page, fmt.Errorf("list alerts: %w", err)
	}
	events, _, full, err := s.collectWhole(rows, s.opts.PageBytes)
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
// sources. It counts up to limit, and looks at alertSpan alerts at most: if exact
// is false, there may be more.
func (s *Store) CountOpen(ctx context.Context, f event.Filter, limit int) (n int64, exact bool, err error) {
	closed, err := readWatermark(ctx, s.reader)
	if err == nil {
		n, exact, err = countOpen(ctx, s.reader, f, max(closed+1, s.First()), s.Head(), limit)
	}
	if err != nil {
		return 0, false, fmt.Errorf("count open alerts: %w", err)
	}
	return n, exact, nil
}

func countOpen(ctx context.Context, db querier, f event.Filter, from, to int64, limit int) (n int64, exact bool, err error) {
	from, cut, err := alertBound(ctx, db, f, from, to)
	if err != nil {
		return 0, false, err
	}
	walks, args := alertWalks("seq", f, from, to, stateCondition[OpenAlerts])
	if walks == "" || from > to {
		return 0, !cut, nil
	}
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM ("+walks+" LIMIT ?)", append(args, limit+1)...).Scan(&n)
	if n > int64(limit) {
		return int64(limit), false, err
	}
	return n, !cut, err
}

// alertBound returns the sequence number from which alertSpan alerts of the
// filter's types at most lie up to to. cut says that it is above from.
func alertBound(ctx context.Context, db querier, f event.Filter, from, to int64) (bound int64, cut bool, err error) {
	walks, args := alertWalks("seq", event.Filter{Types: f.Types}, from, to, "")
	if walks == "" || from > to {
		return from, false, nil
	}
	err = db.QueryRowContext(ctx, "SELECT seq FROM ("+walks+" ORDER BY seq DESC LIMIT 1 OFFSET ?)", append(args, alertSpan-1)...).Scan(&bound)
	if errors.Is(err, sql.ErrNoRows) {
		return from, false, nil
	}
	return bound, bound > from, err
}

// stateCondition narrows a walk to a state. A walk for open alerts begins at the
// watermark, and leaves out the alerts below it.
var stateCondition = map[AlertState]string{
	OpenAlerts: " AND NOT EXISTS (SELECT 1 FROM acknowledgements a WHERE a.seq = events.seq)",
	AcknowledgedAlerts: ` AND (seq <= (SELECT value FROM meta WHERE name = 'acknowledged')
		OR EXISTS (SELECT 1 FROM acknowledgements a WHERE a.seq = events.seq))`,
	AllAlerts: "",
}

// alertWalks returns one indexed walk for each urgent type of the filter, which
// SQLite merges by sequence number; none for a filter without urgent types. It
// leaves out the announcements that event.IsAlert leaves out.
func alertWalks(columns string, f event.Filter, from, to int64, condition string) (string, []any) {
	types := event.UrgentTypes
	if f.RestrictsTypes() {
		types &= f.Types
	}
	common := []any{from, to}
	for _, list := range []struct {
		column string
		names  []string
	}{{"coalesce(camera, '')", f.Cameras}, {"source", f.Sources}} {
		if len(list.names) == 0 {
			continue
		}
		condition += " AND " + list.column + " IN (?" + strings.Repeat(", ?", len(list.names)-1) + ")"
		for _, name := range list.names {
			common = append(common, name)
		}
	}
	var walks []string
	var args []any
	for _, t := range types.Each() {
		walk := "SELECT " + columns + " FROM events INDEXED BY events_type WHERE type = ? AND seq BETWEEN ? AND ?" + condition
		if t == event.SystemError {
			walk += " AND NOT EXISTS (SELECT 1 FROM resolutions r WHERE r.seq = events.seq)"
		}
		walks = append(walks, walk)
		args = append(append(args, int64(t)), common...)
	}
	return strings.Join(walks, " UNION ALL "), args
}
