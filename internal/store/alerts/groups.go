package alerts

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
)

// GroupQuery asks for a page of groups.
type GroupQuery struct {
	// Selection selects the alerts that are grouped.
	Selection
	Limit int
	// A page begins after the first Skip groups that follow After; the zero After
	// stands before the first group.
	Skip  int
	After alert.Place
}

// Groups returns a page of the selected open alerts by their causes: the most severe
// first, then those with the newest alert.
func (s *Store) Groups(ctx context.Context, q GroupQuery) (alert.Groups, error) {
	page, err := s.groups(ctx, q)
	if err != nil {
		return alert.Groups{}, fmt.Errorf("group open alerts: %w", err)
	}
	return page, nil
}

func (s *Store) groups(ctx context.Context, q GroupQuery) (page alert.Groups, err error) {
	tx, err := s.db.Reader().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return page, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	from, cut, err := oldest(ctx, tx, math.MaxInt64)
	if err != nil {
		return page, err
	}
	where, args := q.where()
	groups, err := database.QueryAll(
		ctx,
		tx,
		scanGroup,
		`SELECT o.cause, o.type, count(*), count(DISTINCT o.camera), max(o.camera), min(o.seq), max(o.seq)
		FROM open_alerts o WHERE o.seq >= ? AND `+where+" GROUP BY o.cause",
		append([]any{from}, args...)...)
	if err != nil {
		return page, err
	}
	slices.SortFunc(groups, func(a, b alert.Group) int { return a.Place().Compare(b.Place()) })
	page.Total, page.AtLeast = int64(len(groups)), cut
	for _, g := range groups {
		page.Alerts += g.Count
	}
	if q.After != (alert.Place{}) {
		groups = slices.DeleteFunc(groups, func(g alert.Group) bool { return g.Place().Compare(q.After) <= 0 })
	}
	page.Groups = groups[min(q.Skip, len(groups)):min(q.Skip+q.Limit, len(groups))]
	page.More = q.Skip+q.Limit < len(groups)
	return page, s.describe(ctx, tx, page.Groups)
}

func scanGroup(row database.Row) (g alert.Group, err error) {
	err = row.Scan(&g.ID, &g.Type, &g.Count, &g.Cameras, &g.Camera, &g.First, &g.Last)
	if g.Cameras > 1 {
		g.Camera = ""
	}
	return g, err
}

// describe reads the events and the assignees of groups.
func (s *Store) describe(ctx context.Context, tx *sql.Tx, groups []alert.Group) error {
	byLast, byFirst, byCause := map[int64]*alert.Group{}, map[int64]*alert.Group{}, map[alert.CauseID]*alert.Group{}
	var last, first, causes []int64
	for i := range groups {
		g := &groups[i]
		byLast[g.Last], byFirst[g.First], byCause[g.ID] = g, g, g
		last, first, causes = append(last, g.Last), append(first, g.First), append(causes, int64(g.ID))
	}
	rows, err := tx.QueryContext(
		ctx,
		"SELECT "+eventrow.Columns+" FROM events WHERE seq IN (SELECT value FROM json_each(?))",
		jsonList(last),
	)
	if err != nil {
		return err
	}
	events, _, err := s.log.Collect(rows)
	if err != nil {
		return err
	}
	for _, e := range events {
		byLast[e.Seq].Newest = e
	}
	for _, read := range []struct {
		query string
		list  []int64
		put   func(key, micros int64, name string)
	}{
		{"SELECT seq, received, '' FROM events WHERE seq IN (SELECT value FROM json_each(?))", first,
			func(seq, micros int64, _ string) { byFirst[seq].Since = event.FromMicro(micros) }},
		{"SELECT cause, at, assignee FROM alert_assignees WHERE cause IN (SELECT value FROM json_each(?))", causes,
			func(cause, micros int64, name string) {
				byCause[alert.CauseID(cause)].Assignee, byCause[alert.CauseID(cause)].Assigned = name, event.FromMicro(micros)
			}},
	} {
		rows, err := tx.QueryContext(ctx, read.query, jsonList(read.list))
		if err != nil {
			return err
		}
		for rows.Next() {
			var key, micros int64
			var name string
			if err := rows.Scan(&key, &micros, &name); err != nil {
				rows.Close()
				return err
			}
			read.put(key, micros, name)
		}
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return nil
}
