package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
)

// mixed returns n events of few types, cameras, sources and labels, whose
// times jump about, so that any filter picks some of them.
func mixed(rng *rand.Rand, n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = made(func(e *event.Event) {
			e.Type = event.Type(1 + rng.IntN(4))
			e.Camera = []string{"", "gate", "lobby", "Höhe 2"}[rng.IntN(4)]
			e.Source = []string{"face", "person", "video"}[rng.IntN(3)]
			e.Time = start.Add(time.Duration(rng.IntN(60)) * time.Second)
			e.Data = fmt.Appendf(nil, `{"label":%q,"n":%d%s}`, []string{"Alice", "BOB", "Zoë", "zo\u00eb's"}[rng.IntN(4)], i,
				[]string{"", `,"box":{"w":2.50}`, `,"box":{"w":3}`, `,"box":[1]`}[rng.IntN(4)])
		})
	}
	return events
}

// everyFilter returns each combination of conditions, and some of those that
// pick nothing or say things twice.
func everyFilter() []event.Filter {
	var filters []event.Filter
	for n := range 1 << 6 {
		var f event.Filter
		if n&1 != 0 {
			f.Types = event.Types(event.FaceMatched, event.LivenessPassed)
		}
		if n&2 != 0 {
			f.Cameras = []string{"Höhe 2", "gate"}
		}
		if n&4 != 0 {
			f.Sources = []string{"video", "face"}
		}
		if n&8 != 0 {
			f.Since = start.Add(10*time.Second + time.Nanosecond) // finer than the store
		}
		if n&16 != 0 {
			f.Until = start.Add(50*time.Second + time.Nanosecond)
		}
		if n&32 != 0 {
			f.Text = "ZOË"
		}
		filters = append(filters, f)
	}
	var many []string
	for i := range 600 {
		many = append(many, fmt.Sprintf("cam-%d", i))
	}
	some := conditions(`{"label":{"in":["Alice","Zoë"]},"n":{">=":10},"box":{"exists":true}}`)
	return append(filters,
		event.Filter{Types: event.AllTypes},
		event.Filter{Types: event.Types(event.SystemError)},
		event.Filter{Types: event.Types(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)},
		event.Filter{Cameras: []string{"nowhere"}},
		event.Filter{Cameras: []string{"gate", "lobby", "gate"}},
		event.Filter{Cameras: []string{""}},
		event.Filter{Cameras: []string{"", "lobby"}, Types: event.Types(1)},
		event.Filter{Cameras: append(many, "gate", "lobby")},
		event.Filter{Sources: []string{"face", "face"}},
		event.Filter{Sources: append(many, "face")},
		event.Filter{Since: start.Add(time.Minute), Until: start},
		event.Filter{Text: `%`}, event.Filter{Text: `'`},
		event.Filter{Conditions: conditions(`{"box.w":{"<":3},"label":{"!=":"BOB"}}`)},
		event.Filter{Conditions: conditions(`{"box":{"exists":false}}`)},
		event.Filter{Conditions: conditions(`{"nothing":1}`)},
		event.Filter{Conditions: conditions(`{}`), Cameras: []string{"gate"}},
		event.Filter{Conditions: some, Types: event.Types(1, 2)},
		event.Filter{Conditions: some, Cameras: []string{"gate", ""}},
		event.Filter{Conditions: some, Sources: []string{"face"}, Text: "zo"},
		event.Filter{Conditions: some, Types: event.Types(1, 2, 3), Cameras: []string{"gate", "lobby"}, Sources: []string{"face", "video"},
			Since: start.Add(5 * time.Second), Until: start.Add(55 * time.Second), Text: "e"},
	)
}

func conditions(text string) event.Conditions {
	c, err := event.ParseConditions([]byte(text))
	if err != nil {
		panic(err)
	}
	return c
}

// naive returns the sequence numbers of all events that match, in the log's order.
func naive(events []*event.Event, f event.Filter) (seqs []int64) {
	for _, e := range events {
		if f.Match(e) {
			seqs = append(seqs, e.Seq)
		}
	}
	return seqs
}

// searchAll reads all pages, and checks what every page must keep to. between
// runs before each further page.
func searchAll(t *testing.T, j *Store, q event.Query, between func()) (seqs []int64, pages int) {
	t.Helper()
	for {
		page, err := j.Search(context.Background(), q)
		if err != nil {
			t.Fatalf("Search(%+v): %v", q, err)
		}
		pages++
		if len(page.Events) > q.Limit {
			t.Fatalf("Search(%+v): a page of %d", q, len(page.Events))
		}
		for _, e := range page.Events {
			seqs = append(seqs, e.Seq)
		}
		if page.Next == 0 {
			return seqs, pages
		}
		if pages > 10_000 {
			t.Fatalf("Search(%+v) doesn't end", q)
		}
		q.Cursor = page.Next
		between()
	}
}

func TestSearch_finds_every_match(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	j := open(t)
	add(t, j, mixed(rng, 150)...)
	for i, f := range everyFilter() {
		for _, ascending := range []bool{false, true} {
			q := event.Query{Filter: f, Ascending: ascending, Limit: []int{1000, 7, 50, 23}[i%4]}
			t.Run(fmt.Sprintf("%d ascending %t", i, ascending), func(t *testing.T) {
				before := all(t, j)
				pages := 0
				got, _ := searchAll(t, j, q, func() {
					if pages++; pages <= 3 {
						add(t, j, mixed(rng, 2)...) // events keep arriving
					}
				})
				var want []int64
				if ascending {
					want = naive(all(t, j), f)
				} else {
					want = naive(before, f)
					slices.Reverse(want)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%+v\ngot  %v\nwant %v", q, got, want)
				}
			})
		}
	}
}

func TestSearch_pages_are_full_until_the_last(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(20)...)
	for _, ascending := range []bool{false, true} {
		for limit, pages := range map[int]int{1: 20, 7: 3, 10: 2, 19: 2, 20: 1, 21: 1} {
			if seqs, n := searchAll(t, j, event.Query{Limit: limit, Ascending: ascending}, func() {}); len(seqs) != 20 || n != pages {
				t.Errorf("limit %d: %d events in %d pages, want 20 in %d", limit, len(seqs), n, pages)
			}
		}
	}
}

func TestSearch_of_an_empty_store(t *testing.T) {
	t.Parallel()
	j := open(t)
	for _, q := range []event.Query{{Limit: 1}, {Limit: 1, Ascending: true}, {Limit: 1, Cursor: 5}, {Limit: 1, Cursor: 5, Ascending: true}} {
		if page, err := j.Search(context.Background(), q); err != nil || len(page.Events) != 0 || page.Next != 0 {
			t.Errorf("Search(%+v) = %+v, %v", q, page, err)
		}
	}
}

func TestSearch_from_a_cursor_whose_event_is_removed(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	add(t, j, several(10)...)
	clock.Advance(2 * time.Hour)
	add(t, j, several(10)...)
	page, err := j.Search(context.Background(), event.Query{Limit: 3, Ascending: true})
	if err != nil || page.Next != 3 {
		t.Fatalf("the first page: next %d, %v", page.Next, err)
	}
	if n, err := j.Retain(context.Background()); err != nil || n != 10 {
		t.Fatalf("Retain = %d, %v", n, err)
	}
	seqs, _ := searchAll(t, j, event.Query{Limit: 3, Ascending: true, Cursor: page.Next}, func() {})
	if len(seqs) != 10 || seqs[0] != 11 {
		t.Errorf("forward: %v, want 11 to 20", seqs)
	}
	if seqs, _ = searchAll(t, j, event.Query{Limit: 3, Cursor: 5}, func() {}); len(seqs) != 0 {
		t.Errorf("backward from a removed event: %v", seqs)
	}
	if seqs, _ = searchAll(t, j, event.Query{Limit: 3}, func() {}); len(seqs) != 10 {
		t.Errorf("backward: %v, want 20 to 11", seqs)
	}
}

func TestSearch_finds_no_event_that_retention_is_removing(t *testing.T) {
	// It says so before the rows go.
	t.Parallel()
	j := open(t)
	add(t, j, several(10)...)
	j.SetFirst(4)
	for _, ascending := range []bool{false, true} {
		seqs, _ := searchAll(t, j, event.Query{Limit: 3, Ascending: ascending}, func() {})
		if len(seqs) != 7 || slices.Min(seqs) != 4 {
			t.Errorf("ascending %t: found %v, want 4 to 10", ascending, seqs)
		}
	}
}

func TestSearch_stops_when_its_context_ends(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(10)...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := j.Search(ctx, event.Query{Limit: 10}); err == nil {
		t.Error("Search returned nil for a context that had ended")
	}
}
