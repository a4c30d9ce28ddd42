package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"postern/internal/event"
	"postern/internal/store/database"
)

func TestSearch_continues_after_a_page_that_ended_early(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	j := open(t)
	j.searchSpan = 30
	add(t, j, mixed(rng, 101)...)
	add(t, j, made(withData(`{"label":"needle"}`)))
	add(t, j, mixed(rng, 101)...)
	events := all(t, j)
	needle := conditions(`{"label":"needle"}`)
	filters := append(everyFilter(), event.Filter{Text: "needle"}, event.Filter{Conditions: needle})
	for i, f := range filters {
		for _, ascending := range []bool{false, true} {
			want := naive(events, f)
			if !ascending {
				slices.Reverse(want)
			}
			got, pages := searchAll(t, j, event.Query{Filter: f, Ascending: ascending, Limit: 40}, func() {})
			if !slices.Equal(got, want) {
				t.Errorf("%+v ascending %t\ngot  %v\nwant %v", f, ascending, got, want)
			}
			if i == len(filters)-1 && pages != 7 {
				t.Errorf("a search through 203 events of 30 a page took %d pages", pages)
			}
			if f.Text == "needle" && pages > 2 {
				t.Errorf("a search for a text that one event has took %d pages", pages)
			}
		}
	}
}

func TestSearch_by_type_or_camera_ends_no_page_early(t *testing.T) {
	t.Parallel()
	j := open(t)
	j.searchSpan = 10
	add(t, j, made(withType(event.SystemError), func(e *event.Event) { e.Camera = "gate" }))
	add(t, j, several(100)...)
	for _, f := range []event.Filter{{Types: event.Types(event.SystemError)}, {Cameras: []string{"gate"}}} {
		page, err := j.Search(context.Background(), event.Query{Filter: f, Limit: 5})
		if err != nil || len(page.Events) != 1 || page.Next != 0 {
			t.Errorf("%+v: %d events, next %d, %v; want the one, and no next", f, len(page.Events), page.Next, err)
		}
	}
}

func TestSearch_walks_a_database_index_in_order(t *testing.T) {
	t.Parallel()
	j := open(t)
	var events []*event.Event
	for i := range 500 {
		events = append(events, typical(i))
	}
	add(t, j, events...)
	var many []string
	for i := range maxCameraWalks {
		many = append(many, fmt.Sprint(i))
	}
	for _, tc := range []struct {
		f     event.Filter
		index string
	}{
		{event.Filter{}, "USING INTEGER PRIMARY KEY"},
		{event.Filter{Sources: []string{"a"}, Since: start}, "USING INTEGER PRIMARY KEY"},
		{event.Filter{Types: event.Types(event.SystemError)}, "USING INDEX events_type (type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Types: event.Types(1, 2, 3, 4, 5, 6, 7, 8, 9)}, "USING INDEX events_type (type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Cameras: []string{"a"}}, "USING INDEX events_camera (camera=? AND type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Cameras: many}, "USING INDEX events_camera (camera=? AND type=? AND rowid>? AND rowid<?)"},
		{event.Filter{Cameras: append(many, "one more")}, "USING INTEGER PRIMARY KEY"},
		{event.Filter{Cameras: []string{"a", "b", "c"}, Types: event.Types(1)},
			"USING INDEX events_camera (camera=? AND type=? AND rowid>? AND rowid<?)"},
	} {
		for _, ascending := range []bool{false, true} {
			plan := explain(t, j, event.Query{Filter: tc.f, Ascending: ascending})
			if !strings.Contains(plan, tc.index) || strings.Contains(plan, "SCAN events") || strings.Contains(plan, "B-TREE") {
				t.Errorf("%+v ascending %t is planned as\n%s\nwant %s, and no sorting", tc.f, ascending, plan, tc.index)
			}
		}
	}
}

func explain(t *testing.T, j *Store, q event.Query) string {
	t.Helper()
	query, args := searchSQL(&q, 1, 500)
	rows, err := j.reader.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
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
