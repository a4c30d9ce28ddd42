package hub

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store"
)

// mixed returns n events of which any filter picks some.
func mixed(rng *rand.Rand, n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = made(func(e *event.Event) {
			e.Type = event.Type(1 + rng.IntN(4))
			e.Camera = []string{"", "gate", "lobby"}[rng.IntN(3)]
			e.Source = []string{"face", "video"}[rng.IntN(2)]
			e.Time = start.Add(time.Duration(rng.IntN(60)) * time.Second)
			e.Data = fmt.Appendf(nil, `{"label":%q}`, []string{"Alice", "Zoë"}[rng.IntN(2)])
		})
	}
	return events
}

func everyFilter() []event.Filter {
	var filters []event.Filter
	for n := range 1 << 6 {
		var f event.Filter
		if n&1 != 0 {
			f.Types = event.Types(event.FaceMatched, event.LivenessPassed)
		}
		if n&2 != 0 {
			f.Cameras = []string{"gate", "gate", ""}
		}
		if n&4 != 0 {
			f.Sources = []string{"video"}
		}
		if n&8 != 0 {
			f.Since = start.Add(10*time.Second + 1)
		}
		if n&16 != 0 {
			f.Until = start.Add(50 * time.Second)
		}
		if n&32 != 0 {
			f.Text = "ZOË"
		}
		filters = append(filters, f)
	}
	return append(filters, event.Filter{Cameras: []string{"nowhere"}}, event.Filter{Types: event.Types(event.SystemError)},
		event.Filter{Types: event.AllTypes})
}

// searchAll pages to the end.
func searchAll(t *testing.T, h *Hub, q event.Query, between func()) (seqs []int64) {
	t.Helper()
	for pages := 0; ; pages++ {
		page, err := h.Search(context.Background(), q)
		if err != nil {
			t.Fatalf("Search(%+v): %v", q, err)
		}
		if len(page.Events) > q.Limit {
			t.Fatalf("Search(%+v) gave a page of %d", q, len(page.Events))
		}
		seqs = append(seqs, seqsOf(page.Events)...)
		if page.Next == 0 {
			return seqs
		}
		if pages > 1000 {
			t.Fatalf("Search(%+v) doesn't end", q)
		}
		q.Cursor = page.Next
		between()
	}
}

func TestSearchAcrossTheRingsBorderFindsWhatTheFilterMatches(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	h, _ := setup(t, 40)
	all := mixed(rng, 110)
	publish(t, h, all...)
	for i, f := range everyFilter() {
		for _, ascending := range []bool{false, true} {
			for _, limit := range []int{1000, 1 + rng.IntN(12)} {
				before, rounds := len(all), 0
				got := searchAll(t, h, event.Query{Filter: f, Limit: limit, Ascending: ascending}, func() {
					if rounds++; rounds == 2 && i%8 == 0 {
						more := mixed(rng, 2) // the border moves on
						publish(t, h, more...)
						all = append(all, more...)
					}
				})
				var want []int64
				for _, e := range all {
					if f.Match(e) && (ascending || e.Seq <= int64(before)) {
						want = append(want, e.Seq)
					}
				}
				if !ascending {
					slices.Reverse(want)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%+v ascending %t limit %d\ngot  %v\nwant %v", f, ascending, limit, got, want)
				}
			}
		}
	}
}

func TestSearchOfRecentEventsIsAnsweredFromTheRing(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 40)
	publish(t, h, several(100)...)
	for _, q := range []event.Query{
		{Limit: 30}, {Limit: 10, Cursor: 95}, {Limit: 30, Cursor: 60, Ascending: true}, {Limit: 30, Cursor: 90, Ascending: true},
	} {
		if page, err := h.Search(context.Background(), q); err != nil || len(page.Events) == 0 {
			t.Errorf("Search(%+v): %d events, %v", q, len(page.Events), err)
		}
	}
	if n := log.searches.Load(); n != 0 {
		t.Errorf("the log was searched %d times", n)
	}
	for _, q := range []event.Query{{Limit: 41}, {Limit: 1, Ascending: true}, {Limit: 1, Cursor: 60}} {
		log.searches.Store(0)
		if page, err := h.Search(context.Background(), q); err != nil || len(page.Events) != q.Limit || log.searches.Load() != 1 {
			t.Errorf("Search(%+v): %d events, %v, %d searches of the log", q, len(page.Events), err, log.searches.Load())
		}
	}
}

func TestAFullPageHasANextOnlyWhereThereIsMore(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 10)
	publish(t, h, several(25)...)
	for limit := 1; limit <= 26; limit++ {
		for _, ascending := range []bool{false, true} {
			for _, cursor := range []int64{0, 5, 14, 15, 16, 17, 20} {
				q := event.Query{Limit: limit, Cursor: cursor, Ascending: ascending}
				left := int64(25)
				switch {
				case ascending:
					left -= cursor
				case cursor > 0:
					left = cursor - 1
				}
				page, err := h.Search(context.Background(), q)
				if err != nil {
					t.Fatal(err)
				}
				if n := int64(len(page.Events)); n != min(left, int64(limit)) || (page.Next != 0) != (left > n) {
					t.Errorf("Search(%+v): %d events, next %d; %d are left", q, n, page.Next, left)
				}
			}
		}
	}
}

func TestSearchKeepsToItsLimits(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 2000)
	publish(t, h, several(event.MaxPageEvents+5)...)
	for limit, want := range map[int]int{-1: 1, 0: 1, 1: 1, event.MaxPageEvents: event.MaxPageEvents, 1 << 40: event.MaxPageEvents} {
		if page, err := h.Search(context.Background(), event.Query{Limit: limit}); err != nil || len(page.Events) != want {
			t.Errorf("limit %d: %d events, %v; want %d", limit, len(page.Events), err, want)
		}
	}
	for _, cursor := range []int64{-1, -1 << 62, 1 << 62} {
		for _, ascending := range []bool{false, true} {
			if _, err := h.Search(context.Background(), event.Query{Limit: 1, Cursor: cursor, Ascending: ascending}); err != nil {
				t.Errorf("cursor %d: %v", cursor, err)
			}
		}
	}
}

func TestSearchForwardLosesNothingWhenTheRingOvertakesIt(t *testing.T) {
	t.Parallel()
	h, _ := setup(t, 20)
	publish(t, h, several(30)...)
	// A search meets slots with newer events when a publisher overwrites the ring
	// meanwhile.
	for seq := int64(16); seq <= 20; seq++ {
		h.ring.slots[seq%20].Store(&event.Event{Seq: seq + 20})
	}
	page, err := h.Search(context.Background(), event.Query{Limit: 12, Cursor: 10, Ascending: true})
	if err != nil {
		t.Fatal(err)
	}
	wantSeqs(t, page.Events, 11, 22)
	if page.Next != 22 {
		t.Errorf("next is %d, want 22", page.Next)
	}
	if page, err = h.Search(context.Background(), event.Query{Limit: 20}); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(page.Events)
	wantSeqs(t, page.Events, 11, 30)
}

func TestHub_FindAndAtReturnEventsInAndBeyondTheRing(t *testing.T) {
	t.Parallel()
	anyCamera := func(string) bool { return true }
	clock := newClock()
	log := openLog(t, store.Options{Now: clock.Now, Retain: time.Hour})
	h := newHub(t, log, 5)
	old := several(3)
	publish(t, h, old...)
	clock.Advance(2 * time.Hour)
	young := several(10)
	publish(t, h, young...)
	if _, err := log.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, e := range young {
		for name, find := range map[string]func() (*event.Event, error){
			"Find": func() (*event.Event, error) { return h.Find(ctx, e.ID, anyCamera) },
			"At":   func() (*event.Event, error) { return h.At(ctx, e.Seq) },
		} {
			if got, err := find(); err != nil || got.Seq != e.Seq || string(got.JSON()) != string(e.JSON()) {
				t.Errorf("%s of %d: %+v, %v", name, e.Seq, got, err)
			}
		}
	}
	for _, e := range append(old, made()) {
		if _, err := h.Find(ctx, e.ID, anyCamera); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("Find of an event that isn't in the log: %v", err)
		}
	}
	for _, seq := range []int64{-1, 0, 1, 3, 14, 1 << 40} {
		if _, err := h.At(ctx, seq); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("At(%d): %v, want ErrNotFound", seq, err)
		}
	}
}

func TestASearchThatFailsSaysWhat(t *testing.T) {
	t.Parallel()
	h, log := setup(t, 5)
	publish(t, h, several(10)...)
	ctx, cancel := context.WithCancel(context.Background())
	log.beforeSearch = cancel
	for _, ascending := range []bool{false, true} {
		if page, err := h.Search(ctx, event.Query{Limit: 8, Ascending: ascending}); err == nil || len(page.Events) != 0 ||
			!strings.HasPrefix(err.Error(), "search the log: ") {
			t.Errorf("Search: %d events, %v", len(page.Events), err)
		}
	}
}
