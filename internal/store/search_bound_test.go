package store

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"postern/internal/event"
	"postern/internal/fullrun"
)

func TestSearch_continues_after_a_page_that_ended_early(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	j := open(t)
	j.SearchSpan = 30
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
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	j.SearchSpan = 10
	add(t, j, made(withType(event.SystemError), func(e *event.Event) { e.Camera = "gate" }))
	add(t, j, several(100)...)
	for _, f := range []event.Filter{{Types: event.Types(event.SystemError)}, {Cameras: []string{"gate"}}} {
		page, err := j.Search(context.Background(), event.Query{Filter: f, Limit: 5})
		if err != nil || len(page.Events) != 1 || page.Next != 0 {
			t.Errorf("%+v: %d events, next %d, %v; want the one, and no next", f, len(page.Events), page.Next, err)
		}
	}
}
