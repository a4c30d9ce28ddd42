package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/deliveries"
	"postern/internal/store/retention"
	"postern/internal/store/segment"
)

// shortLived opens a store that keeps detected faces for an hour, and
// everything else for ten.
func shortLived(t testing.TB, clock *clock) *Store {
	t.Helper()
	return openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 10 * time.Hour,
		RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}, Key: fixtureKey})
}

func TestATypeMayBeKeptForAShorterTime(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	j := shortLived(t, clock)
	hook := endpoint(t, j.Deliveries, "wh_a")
	var want []int64
	var events []*event.Event
	for i := range 3 * retention.StepRows {
		if i%2 == 0 || i > 3*retention.StepRows-4 { // the newest too
			events = append(events, made(withType(event.FaceDetected)))
		} else {
			events = append(events, made())
			want = append(want, int64(i+1))
		}
	}
	add(t, j, events...)
	head := j.Head()
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: hook.N, Cursor: head,
		Put: []delivery.Pending{{Seq: 1, Attempts: 1, Due: start}, {Seq: 2, Attempts: 1, Due: start}}})
	clock.Advance(time.Hour)
	if n := retain(t, j); n != 0 {
		t.Errorf("%d that are just young enough went", n)
	}
	var told []*event.Event
	j.OnRedacted(func(events []*event.Event) { told = append(told, events...) })
	clock.Advance(time.Microsecond)
	gone := head - int64(len(want))
	if n := retain(t, j); n != gone || int64(len(told)) != gone || !told[0].IsRemoved() ||
		told[0].Type != event.FaceDetected || told[0].Seq != 1 {
		t.Errorf("%d went and %d were told, want %d", n, len(told), gone)
	}
	for range 2 {
		if got := seqsIn(all(t, j)); !slices.Equal(got, want) {
			t.Fatalf("%d are left, want %d", len(got), len(want))
		}
		if j.First() != 2 || j.Head() != head || j.SequenceGaps() != gone-1 {
			t.Errorf("the bounds are %d to %d with %d missing", j.First(), j.Head(), j.SequenceGaps())
		}
		wantPending(t, j.Deliveries, hook.N, []delivery.Pending{{Seq: 1, Attempts: 1, Due: start}, {Seq: 2, Attempts: 1, Due: start}})
		wantPendingRemoved(t, j, hook.N, 1)
		for types, missing := range map[event.TypeSet]int64{0: gone - 1, event.AllTypes: gone - 1, event.Types(event.FaceDetected): gone - 1,
			event.Types(event.FaceMatched): 0} {
			if n, err := j.SequenceGap(context.Background(), 0, head, types); err != nil || n != missing {
				t.Errorf("%v: %d are missing, %v; want %d", types.Names(), n, err, missing)
			}
		}
		j = reopen(t, j)
	}
	// No number is used twice, although the newest events are gone.
	e := made()
	if add(t, j, e); e.Seq != head+1 {
		t.Errorf("the next number is %d, want %d", e.Seq, head+1)
	}
	// The remaining events are removed with the others, and so is the count of removed numbers.
	clock.Advance(9 * time.Hour)
	if n := retain(t, j); n != int64(len(want)) || j.SequenceGaps() != 0 || j.First() != head+1 {
		t.Errorf("%d went, %d are missing, the first is %d", n, j.SequenceGaps(), j.First())
	}
}

// An erasure finds whom an answer is about by the event. Where that goes
// sooner, the words go with it.
func TestWhatReceiversSaidGoesWithATypeThatIsKeptForAShorterTime(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := shortLived(t, clock)
	hook := endpoint(t, j.Deliveries, "wh_a")
	add(t, j, made(withType(event.FaceDetected), withData(aboutData("person-77", 1))), made())
	failed := func(seq int64) delivery.Attempt {
		return delivery.Attempt{Seq: seq, At: clock.Now(), Number: 1, Status: 500, Class: 3, Detail: "detail-of-it",
			Response: "echo Zora Quillfeather"}
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: hook.N, Cursor: 2, Attempts: []delivery.Attempt{failed(1), failed(2)}})
	clock.Advance(time.Hour + time.Microsecond)
	if n := retain(t, j); n != 1 {
		t.Fatalf("%d went", n)
	}
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: hook.N, Cursor: 2, Attempts: []delivery.Attempt{failed(1), failed(2)},
	}) // on their way till now
	got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10, false)
	if len(got) != 4 {
		t.Fatalf("%d attempts", len(got))
	}
	for _, a := range got {
		if gone := a.Response == "" && a.Detail == delivery.ErasedDetail && a.Status == 500; gone != (a.Seq == 1) {
			t.Errorf("kept is %+v", a)
		}
	}
}

// Attempts that are kept for longer than events lose the words too, however
// many there are, and also those of requests that were on their way.
func TestWhatReceiversSaidGoesWithTheEvent(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	dir := t.TempDir()
	j := openAt(t, dir, Options{Now: clock.Now, Retain: time.Hour, RetainAttempts: 10 * time.Hour})
	hook := endpoint(t, j.Deliveries, "wh_a")
	failed := func(seq int64, try int) delivery.Attempt {
		return delivery.Attempt{Seq: seq, At: clock.Now(), Number: try, Status: 500, Class: 3, Detail: "zq-detail-of-it",
			Response: "echo zq-Zora Quillfeather"}
	}
	add(t, j, made(), made())
	var tries []delivery.Attempt
	for i := range 2*retention.StepRows + 7 {
		tries = append(tries, failed(int64(i%2+1), i/2+1))
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: hook.N, Cursor: 2, Attempts: tries})
	clock.Advance(30 * time.Minute)
	add(t, j, made())
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: hook.N, Cursor: 3, Attempts: []delivery.Attempt{failed(3, 1)}})
	kept := func() (said int) {
		t.Helper()
		got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10*retention.StepRows, false)
		for _, a := range got {
			switch gone := a.Response == "" && a.Detail == delivery.ErasedDetail; {
			case a.Status != 500 || a.Seq < j.First() && !gone:
				t.Fatalf("kept is %+v", a)
			case !gone:
				said++
			}
		}
		return said
	}
	clock.Advance(30*time.Minute + time.Microsecond)
	if n := retain(t, j); n != 2 || kept() != 1 {
		t.Fatalf("%d events went, %d attempts say something", n, kept())
	}
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: hook.N, Cursor: 3, Attempts: []delivery.Attempt{failed(1, 9999)},
	}) // on its way till now
	j = reopen(t, j)
	if kept() != 1 {
		t.Fatalf("%d attempts say something", kept())
	}
	clock.Advance(30 * time.Minute)
	if n := retain(t, j); n != 1 || kept() != 0 {
		t.Fatalf("%d more went, %d attempts say something", n, kept())
	}
	if _, err := j.DB.EmptyWAL(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNowhere(t, dir, "zq-detail", "zq-Zora")
}

func seqsIn(events []*event.Event) []int64 {
	var list []int64
	for _, e := range events {
		list = append(list, e.Seq)
	}
	return list
}

// TestNoReaderSkipsOrRepeatsWhereEventsAreGone removes random runs of events,
// whole segments among them, and reads what is left in every way there is.
func TestNoReaderSkipsOrRepeatsWhereEventsAreGone(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	for seed := range uint64(1) {
		random := rand.New(rand.NewPCG(seed, 7))
		clock := newClock()
		j := shortLived(t, clock)
		ctx := context.Background()
		kind := event.FaceDetected
		var kept []*event.Event
		for int64(len(kept)) < 3*segment.Events {
			// Runs of up to two segments.
			run := make([]*event.Event, 1+random.IntN([]int{3, 500, 2 * segment.Events}[random.IntN(3)]))
			if kind = event.FaceDetected + event.FaceMatched - kind; kind == event.FaceMatched {
				run = run[:min(len(run), 700)]
			}
			for i := range run {
				run[i] = made(withType(kind), func(e *event.Event) { e.Camera = fmt.Sprint("cam-", random.IntN(3)) })
			}
			add(t, j, run...)
			clock.Advance(time.Millisecond)
			if kind == event.FaceMatched {
				kept = append(kept, run...)
			}
			if len(kept) > 800 && j.Head() > 2*segment.Events {
				break
			}
		}
		clock.Advance(time.Hour)
		retain(t, j)
		for range 2 {
			want := seqsIn(kept)
			if got := seqsIn(all(t, j)); !slices.Equal(got, want) {
				t.Fatalf("seed %d: Read gives %d events, want %d", seed, len(got), len(want))
			}
			for round, ascending := range []bool{false, true} {
				for i, f := range []event.Filter{{}, {Types: event.Types(event.FaceMatched)}, {Text: "Alice"}, {Since: start},
					{Cameras: []string{"cam-0", "cam-1", "cam-2"}}} {
					if i%2 == round {
						continue // each goes one way; both ways have a test without holes
					}
					q := event.Query{Filter: f, Limit: 50 + random.IntN(950), Ascending: ascending}
					var got []int64
					for pages := 0; ; pages++ {
						page, err := j.Search(ctx, q)
						if err != nil {
							t.Fatal(err)
						}
						if got = append(got, seqsIn(page.Events)...); page.Next == 0 {
							break
						}
						if pages > len(kept)+100 {
							t.Fatalf("seed %d: %+v goes on for ever", seed, q)
						}
						q.Cursor = page.Next
					}
					if !ascending {
						slices.Reverse(got)
					}
					if !slices.Equal(got, want) {
						t.Fatalf("seed %d: %+v finds %d events, want %d", seed, q, len(got), len(want))
					}
				}
			}
			// By time: each moment's place is after all that arrived before.
			for range 50 {
				at := start.Add(
					time.Duration(random.IntN(int(kept[len(kept)-1].Received.Sub(start)/time.Millisecond)+2)) * time.Millisecond,
				)
				seq, err := j.SeqAt(ctx, at)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range kept {
					if e.Received.Before(at) != (e.Seq <= seq) {
						t.Fatalf("seed %d: SeqAt(%s) = %d, but event %d arrived at %s", seed, at, seq, e.Seq, e.Received)
					}
				}
			}
			j = reopen(t, j)
			if err := j.indexer.Rebuild(ctx); err != nil {
				t.Fatal(err)
			}
			for n := segment.Of(j.First()); n < segment.Of(j.Head()+1); n++ {
				if j.Index.Get(n) == nil {
					t.Errorf("seed %d: nothing is known of segment %d", seed, n)
				}
			}
		}
	}
}

func TestErasedBytesAreGoneWhereNeighboursWereRemoved(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	// Removing rows makes SQLite move those beside them: no copy may stay.
	clock := newClock()
	j := shortLived(t, clock)
	random := rand.New(rand.NewPCG(1, 7))
	var events []*event.Event
	for i := range 4000 {
		e := made(withType(event.FaceDetected), withData(`{"pad":"`+strings.Repeat("x", random.IntN(700))+`"}`))
		if random.IntN(4) == 0 {
			e = made(withData(aboutData("zq-person-77", i)))
		}
		if events = append(events, e); i%200 == 0 {
			add(t, j, events...)
			events = nil
			clock.Advance(5 * time.Minute)
			retain(t, j)
		}
	}
	clock.Advance(2 * time.Hour)
	retain(t, j)
	if len(whereIs(t, dirOf(j), "Quillfeather")) == 0 {
		t.Fatal("the search finds nothing")
	}
	erase(t, j, "zq-person-77")
	wantNowhere(t, dirOf(j), "Quillfeather", "zq-person-77", "unique-")
	if check := pragma(t, j, "integrity_check"); check != "ok" {
		t.Errorf("integrity_check: %s", check)
	}
}

// The acknowledgements and resolutions of removed events go with them, and the events count
// as removed.
func TestRetention_by_type_forgets_alerts_and_counts(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 10 * time.Hour, Key: fixtureKey,
		RetainTypes: map[event.Type]time.Duration{event.SystemError: time.Hour}})
	var events []*event.Event
	for range 4 {
		events = append(events, made(withType(event.SystemError)))
	}
	add(t, j, made()) // stays, and with it the log's first number
	add(t, j, events[:2]...)
	for _, e := range events[:2] {
		acknowledge(t, j, e, "Robin")
	}
	execDirect(t, j, "INSERT INTO resolutions (seq) VALUES (3)")
	clock.Advance(time.Hour)
	add(t, j, events[2:]...)
	acknowledge(t, j, events[2], "Robin")
	execDirect(t, j, "INSERT INTO resolutions (seq) VALUES (5)")
	clock.Advance(time.Microsecond)
	if n, counted := retain(t, j), j.Metrics().Removed; n != 2 || counted != 2 {
		t.Fatalf("%d events went, %d are counted", n, counted)
	}
	got := column(t, j.reader, "SELECT 'acknowledged ' || seq FROM acknowledgements UNION ALL SELECT 'resolved ' || seq FROM resolutions")
	if !slices.Equal(got, []string{"acknowledged 4", "resolved 5"}) {
		t.Errorf("left are %v", got)
	}
}
