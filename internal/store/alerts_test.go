package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/alerts"
)

func acknowledge(t testing.TB, j *Store, e *event.Event, by string) alert.Acknowledgement {
	t.Helper()
	a, _, err := j.Alerts.Acknowledge(context.Background(), e, alert.Act{By: by})
	if err != nil {
		t.Fatalf("Acknowledge: %v", err)
	}
	return a
}

func acknowledged(t testing.TB, j *Store, e *event.Event) alert.Acknowledgement {
	t.Helper()
	known, err := j.Alerts.Acknowledgements(context.Background(), []*event.Event{e})
	if err != nil {
		t.Fatalf("Acknowledgements: %v", err)
	}
	return known[e.Seq]
}

// listed reads every page of a query, 3 at a time, as sequence numbers.
func listed(t testing.TB, j *Store, q alerts.Query) (seqs []int64) {
	t.Helper()
	for q.Limit = 3; ; {
		page, err := j.Alerts.List(context.Background(), q)
		if err != nil {
			t.Fatalf("Alerts: %v", err)
		}
		for _, e := range page.Events {
			seqs = append(seqs, e.Seq)
		}
		if q.Cursor = page.Next; q.Cursor == 0 {
			return seqs
		}
	}
}

func wantOpen(t testing.TB, j *Store, want ...int64) {
	t.Helper()
	if got := listed(t, j, alerts.Query{}); !slices.Equal(got, want) {
		t.Errorf("open are %v, want %v", got, want)
	}
	if n, exact, err := j.Alerts.Count(context.Background(), alerts.Selection{}, 1000); err != nil || n != int64(len(want)) || !exact {
		t.Errorf("counted %d open, exactly: %t, %v; want %d", n, exact, err, len(want))
	}
}

// everyType appends n events of every type in turn: numbers 3, 5 and 10 of each
// ten are alerts.
func everyType(t testing.TB, j *Store, n int) []*event.Event {
	t.Helper()
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = made(withType(event.Type(i%10+1)), withCamera(fmt.Sprintf("cam-%d", i%2)))
	}
	add(t, j, events...)
	return events
}

func TestAnAlertIsOpenUntilSomebodyAcknowledgesIt(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	events := everyType(t, j, 20)
	wantOpen(t, j, 20, 15, 13, 10, 5, 3)
	clock.Advance(time.Minute)
	if a := acknowledge(t, j, events[4], "Alice"); a.By != "Alice" || !a.At.Equal(clock.Now()) {
		t.Errorf("acknowledged by %+v", a)
	}
	wantOpen(t, j, 20, 15, 13, 10, 3)
	clock.Advance(time.Minute)
	a, fresh, err := j.Alerts.Acknowledge(context.Background(), events[4], alert.Act{By: "Bob"})
	if err != nil || fresh || a.By != "Alice" || !a.At.Equal(start.Add(time.Minute)) {
		t.Errorf("the second time: %+v, fresh %t, %v; want Alice's", a, fresh, err)
	}
	j = reopen(t, j)
	wantOpen(t, j, 20, 15, 13, 10, 3)
	if a := acknowledged(t, j, events[4]); a.By != "Alice" || !a.At.Equal(start.Add(time.Minute)) {
		t.Errorf("after a restart it was acknowledged by %+v", a)
	}
	if a := acknowledged(t, j, events[2]); !a.Open() {
		t.Errorf("an open one was acknowledged by %+v", a)
	}
}

func TestOnlyAlertsAreAcknowledged(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := made(withType(event.FaceMatched))
	add(t, j, e)
	if _, _, err := j.Alerts.Acknowledge(context.Background(), e, alert.Act{By: "Alice"}); !errors.Is(err, alerts.ErrNoAlert) {
		t.Errorf("a face that matched: %v, want alerts.ErrNoAlert", err)
	}
}

func TestAllUpToAnEventAreAcknowledgedAtOnce(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	ctx := context.Background()
	events := everyType(t, j, 30)
	acknowledge(t, j, events[9], "Alice")
	clock.Advance(time.Minute)
	n, err := j.Alerts.AcknowledgeAll(ctx, alerts.Selection{Through: 15}, alert.Act{By: "Bob"})
	if err != nil || n != 4 {
		t.Fatalf("%d, %v; want 4", n, err)
	}
	wantOpen(t, j, 30, 25, 23, 20)
	for seq, who := range map[int64]string{3: "Bob", 5: "Bob", 10: "Alice", 13: "Bob", 15: "Bob", 20: ""} {
		if a := acknowledged(t, j, events[seq-1]); a.By != who {
			t.Errorf("%d was acknowledged by %q, want %q", seq, a.By, who)
		}
	}
	if n, err := j.Alerts.AcknowledgeAll(ctx, alerts.Selection{Through: 15}, alert.Act{By: "Carol"}); err != nil || n != 0 {
		t.Errorf("the second time: %d, %v", n, err)
	}
	if a, fresh, err := j.Alerts.Acknowledge(ctx, events[12], alert.Act{By: "Carol"}); err != nil || fresh || a.By != "Bob" {
		t.Errorf("one of them alone: %+v, %t, %v", a, fresh, err)
	}
	// Beyond the head is up to the head: what comes later stays open.
	if n, err := j.Alerts.AcknowledgeAll(ctx, alerts.Selection{Through: 1000}, alert.Act{By: "Dave"}); err != nil || n != 4 {
		t.Errorf("the rest: %d, %v", n, err)
	}
	add(t, j, made(withType(event.WatchlistAlert)))
	wantOpen(t, j, 31)
	if got, want := listed(t, reopen(t, j), alerts.Query{State: alerts.Acknowledged}), []int64{30, 25, 23, 20, 15, 13, 10, 5,
		3}; !slices.Equal(got, want) {
		t.Errorf("acknowledged are %v, want %v", got, want)
	}
}

func TestAlertsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	j := open(t)
	events := everyType(t, j, 40)
	acknowledge(t, j, events[14], "Alice")
	add(t, j, made(withType(event.SystemError), func(e *event.Event) { e.Source = "video" }))
	for name, tc := range map[string]struct {
		q    alerts.Query
		want []int64
	}{
		"all":          {alerts.Query{State: alerts.All}, []int64{41, 40, 35, 33, 30, 25, 23, 20, 15, 13, 10, 5, 3}},
		"acknowledged": {alerts.Query{State: alerts.Acknowledged}, []int64{15}},
		"a type": {alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Types: event.Types(event.WatchlistAlert, event.FaceMatched)}}},
			[]int64{33, 23, 13, 3}},

		"no alert": {alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Types: event.Types(event.FaceMatched)}},
			State: alerts.All}, nil},
		"every type": {alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Types: event.AllTypes,
			Sources: []string{"video"}}}}, []int64{41}},
		"a camera":  {alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Cameras: []string{"cam-1"}}}}, []int64{40, 30, 20, 10}},
		"no camera": {alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Cameras: []string{"", "cam-9"}}}}, []int64{41}},
		"another place": {alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Cameras: []string{"cam-0"},
			Sources: []string{"elsewhere"}}}}, nil},
	} {
		if got := listed(t, j, tc.q); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
	if n, exact, err := j.Alerts.Count(context.Background(), alerts.Selection{}, 5); err != nil || n != 5 || exact {
		t.Errorf("counted to 5: %d, exactly: %t, %v", n, exact, err)
	}
}

func TestRetentionRemovesAcknowledgementsWithTheirEvents(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	ctx := context.Background()
	old := everyType(t, j, 20)
	acknowledge(t, j, old[9], "Alice")
	if _, err := j.Alerts.AcknowledgeAll(ctx, alerts.Selection{Through: 5}, alert.Act{By: "Bob"}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	young := everyType(t, j, 10)
	acknowledge(t, j, young[2], "Carol")
	retain(t, j)
	wantOpen(t, j, 30, 25)
	if rows := column(t, j.reader, "SELECT seq FROM acknowledgements"); !slices.Equal(rows,
		[]string{"23"}) {
		t.Errorf("the records of %v are left, want 23", rows)
	}
	if _, _, err := j.Alerts.Acknowledge(ctx, old[2], alert.Act{By: "Dave"}); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("one that is gone: %v, want ErrNotFound", err)
	}
	acknowledge(t, j, young[4], "Carol")
}

func TestMoreAlertsThanOnePageLooksAtAreReached(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	first := made(withType(event.SystemError), withCamera("rare"))
	add(t, j, first)
	for range 3 {
		events := make([]*event.Event, alerts.Span/2)
		for i := range events {
			events[i] = made(withType(event.WatchlistAlert), withCamera("busy"))
		}
		add(t, j, events...)
	}
	rare := alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Cameras: []string{"rare"}}}, Limit: 10}
	page, err := j.Alerts.List(context.Background(), rare)
	if err != nil || len(page.Events) != 0 || page.Next == 0 {
		t.Fatalf("the first page has %d, Next %d, %v; want none and a Next", len(page.Events), page.Next, err)
	}
	if got := listed(t, j, rare); !slices.Equal(got, []int64{1}) {
		t.Errorf("the pages have %v, want 1", got)
	}
	if n, exact, err := j.Alerts.Count(context.Background(), rare.Selection, 10); err != nil || n != 0 || exact {
		t.Errorf("counted %d, exactly: %t, %v; want at least 0", n, exact, err)
	}
	n, err := j.Alerts.AcknowledgeAll(context.Background(), alerts.Selection{Through: j.Head()}, alert.Act{By: "Alice"})
	if want := int64(3*alerts.Span/2 + 1); err != nil || n != want {
		t.Errorf("acknowledged %d, %v; want %d", n, err, want)
	}
	wantOpen(t, j)
}

// BenchmarkAlerts measures what a monitor asks, among a million alerts.
func BenchmarkAlerts(b *testing.B) {
	j := open(b)
	const million = 1_000_000
	for range million / 10_000 {
		events := make([]*event.Event, 10_000)
		for i := range events {
			events[i] = made(withType(event.WatchlistAlert), withCamera(fmt.Sprint("cam-", i%50)))
		}
		add(b, j, events...)
	}
	ctx := context.Background()
	page := func(b *testing.B, q alerts.Query) {
		for b.Loop() {
			q.Limit = 10
			if _, err := j.Alerts.List(ctx, q); err != nil {
				b.Fatal(err)
			}
		}
	}
	count := func(b *testing.B) {
		for b.Loop() {
			if _, _, err := j.Alerts.Count(ctx, alerts.Selection{}, 1000); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("open page", func(b *testing.B) { page(b, alerts.Query{}) })
	b.Run("open page of a camera that has none", func(b *testing.B) {
		page(b, alerts.Query{Selection: alerts.Selection{Filter: event.Filter{Cameras: []string{"none"}}}})
	})
	b.Run("open count", count)
	b.Run("groups", func(b *testing.B) {
		for b.Loop() {
			if _, err := j.Alerts.Groups(ctx, alerts.GroupQuery{Limit: 50}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
