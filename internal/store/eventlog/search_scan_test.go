package eventlog

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/fullrun"
	"postern/internal/store/database"
)

// openDatabase opens a database in a new folder.
func openDatabase(t *testing.T) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), t.TempDir(), database.Options{},
		func(context.Context, *database.DB) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestSearch_walks_a_database_index_in_order(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	db := openDatabase(t)
	var many []string
	for i := range maxCameraWalks {
		many = append(many, fmt.Sprint(i))
	}
	for _, tc := range []struct {
		f     event.Filter
		index string
	}{
		{event.Filter{}, "USING INTEGER PRIMARY KEY"},
		{event.Filter{Sources: []string{"a"}, Since: eventtest.Start}, "USING INTEGER PRIMARY KEY"},
		{event.Filter{Types: event.Types(event.SystemError)}, "USING INDEX events_type (type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Types: event.Types(1, 2, 3, 4, 5, 6, 7, 8, 9)}, "USING INDEX events_type (type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Cameras: []string{"a"}}, "USING INDEX events_camera (camera=? AND type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Cameras: many}, "USING INDEX events_camera (camera=? AND type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Cameras: append(many, "one more")}, "USING INTEGER PRIMARY KEY"},
		{event.Filter{Cameras: []string{"a", "b", "c"}, Types: event.Types(1)},
			"USING INDEX events_camera (camera=? AND type=? AND rowid>? AND rowid<?)"},
	} {
		for _, ascending := range []bool{false, true} {
			plan := explain(t, db, event.Query{Filter: tc.f, Ascending: ascending})
			if !strings.Contains(plan, tc.index) || strings.Contains(plan, "SCAN events") || strings.Contains(plan, "B-TREE") {
				t.Errorf("%+v ascending %t is planned as\n%s\nwant %s, and no sorting", tc.f, ascending, plan, tc.index)
			}
		}
	}
}

func explain(t *testing.T, db *database.DB, q event.Query) string {
	t.Helper()
	query, args := searchSQL(&q, 1, 500)
	rows, err := db.Reader().QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := database.Collect(rows, func(row database.Row) (line string, err error) {
		var a, b, c int
		err = row.Scan(&a, &b, &c, &line)
		return line, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}
