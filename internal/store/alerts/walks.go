package alerts

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"postern/internal/event"
	"postern/internal/store/database"
)

// oldestOfAll is oldest for alerts of every state: it returns the sequence number
// from which Span alerts of the filter's types lie up to to.
func oldestOfAll(ctx context.Context, db database.Querier, f event.Filter, from, to int64) (bound int64, cut bool, err error) {
	walks, args := walks("seq", event.Filter{Types: f.Types}, from, to, All)
	if walks == "" || from > to {
		return from, false, nil
	}
	err = db.QueryRowContext(ctx, "SELECT seq FROM ("+walks+" ORDER BY seq DESC LIMIT 1 OFFSET ?)", append(args, Span-1)...).Scan(&bound)
	if errors.Is(err, sql.ErrNoRows) {
		return from, false, nil
	}
	return bound, bound > from, err
}

// walks returns one indexed walk over the events of each urgent type of the filter,
// which SQLite merges by sequence number; none for a filter without urgent types. It
// leaves out the announcements that event.IsAlert leaves out. The state is
// Acknowledged, Silenced or All.
func walks(columns string, f event.Filter, from, to int64, state State) (string, []any) {
	types := event.UrgentTypes
	if f.RestrictsTypes() {
		types &= f.Types
	}
	condition, common := "", []any{from, to}
	switch state {
	case Acknowledged:
		condition = " AND EXISTS (SELECT 1 FROM acknowledgements a WHERE a.seq = events.seq)"
	case Silenced:
		condition = " AND silence IS NOT NULL"
	}
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
