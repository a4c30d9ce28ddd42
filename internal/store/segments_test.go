package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/counters"
	"postern/internal/store/database"
	"postern/internal/store/segment"
)

// long returns n events, of which few are searched for: one label in each segment,
// and one source and one old event in all.
func long(n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = made(func(e *event.Event) {
			e.Time = start.Add(time.Duration(i) * time.Second)
			e.Type = event.Type(1 + i%3)
			e.Camera = []string{"gate", "lobby", ""}[i%3]
			switch {
			case i%segment.Events == 7:
				e.Data = []byte(`{"label":"Needle"}`)
			case i == segment.Events+99:
				e.Source = "turnstile"
			case i == segment.Events+5:
				e.Time = start.Add(-time.Hour)
			}
		})
	}
	return events
}

func addLong(t testing.TB, j *Store, events []*event.Event) {
	t.Helper()
	for chunk := range slices.Chunk(events, 5000) {
		add(t, j, chunk...)
	}
}

var rareFilters = []event.Filter{
	{Text: "needle"},
	{Text: "nobody at all"},
	{Sources: []string{"turnstile"}},
	{Sources: []string{"nowhere"}},
	{Since: start.Add((segment.Events + 10) * time.Second), Until: start.Add((segment.Events + 20) * time.Second)},
	{Until: start},
	{Until: start, Types: event.Types(1, 2)},
	{Since: start.Add(2*segment.Events*time.Second - 10), Cameras: []string{"gate"}, Types: event.Types(1)},
	{Types: event.Types(event.SystemError), Text: "a"},
	{Text: "NEEDLE", Cameras: []string{"lobby"}},
}

// wantFound checks what some of the filters find; all of them, if none are
// named.
func wantFound(t *testing.T, j *Store, filters ...event.Filter) {
	t.Helper()
	if len(filters) == 0 {
		filters = rareFilters
	}
	events := all(t, j)
	for _, f := range filters {
		for _, ascending := range []bool{false, true} {
			want := naive(events, f)
			if !ascending {
				slices.Reverse(want)
			}
			if got, _ := searchAll(t, j, event.Query{Filter: f, Ascending: ascending, Limit: 1000}, func() {}); !slices.Equal(got, want) {
				t.Errorf("%+v ascending %t\ngot  %v\nwant %v", f, ascending, got, want)
			}
		}
	}
}

func TestSearch_skips_segments_that_cannot_match(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	addLong(t, j, long(2*segment.Events+100))
	wantFound(t, j)
	// Rare events are on the first page, although a page looks at few events.
	j.SearchSpan = segment.Events + 100 // only the segment with the event out of order
	for _, f := range []event.Filter{rareFilters[1], rareFilters[2], rareFilters[3], rareFilters[4]} {
		want := naive(all(t, j), f)
		slices.Reverse(want)
		page, err := j.Search(context.Background(), event.Query{Filter: f, Limit: 100})
		if err != nil || len(page.Events) != len(want) {
			t.Errorf("%+v: %d events on the first page, %v; want %d", f, len(page.Events), err, len(want))
		}
	}
}

func TestSegments_outlive_a_restart(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	now := func() time.Time { return start }
	dir := t.TempDir()
	j := openAt(t, dir, Options{Now: now, Key: fixtureKey})
	addLong(t, j, long(2*segment.Events+100))
	add(t, j, made()) // its commit saves the segments
	want := fmt.Sprint(j.Counters.Arrived(start, time.Time{}, time.Time{}), j.Counters.LastSeen())
	for name, harm := range map[string]string{
		"as it was closed":      "",
		"without the newest":    "DELETE FROM stretches WHERE n = 1",
		"without any":           "DELETE FROM stretches",
		"with one that is torn": "UPDATE stretches SET hours = x'ff' WHERE n = 0",
	} {
		for _, atOnce := range []int64{0, 1} { // 0 is the default
			t.Run(fmt.Sprintf("%s, %d at once", name, atOnce), func(t *testing.T) {
				copied := t.TempDir()
				copyStore(t, j, copied)
				db := raw(t, copied)
				if _, err := db.Exec(harm); err != nil {
					t.Fatal(err)
				}
				db.Close()
				again := openAt(t, copied, Options{Now: now, Key: fixtureKey, startSegments: atOnce})
				wantFound(t, again, rareFilters[0], rareFilters[4])
				if err := again.indexer.Rebuild(context.Background()); err != nil {
					t.Fatal(err)
				}
				wantFound(t, again, rareFilters[0], rareFilters[4])
				if got := fmt.Sprint(again.Counters.Arrived(start, time.Time{}, time.Time{}), again.Counters.LastSeen()); got != want {
					t.Errorf("it knows\n%s\nwant\n%s", got, want)
				}
				closeStore(t, again)
				var n int
				if err := raw(t, copied).QueryRow("SELECT count(*) FROM stretches").Scan(&n); err != nil || n != 2 {
					t.Errorf("%d segments are kept, %v; want 2", n, err)
				}
			})
		}
	}
}

// Older segments are read while the store is in use.
func TestCounters_wait_for_older_segments(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := openAt(t, t.TempDir(), Options{Retain: time.Hour})
		add(t, j, several(3)...)
		done := j.Counters.BeginLoading() // as if there were much to read
		var counted atomic.Int64
		for _, count := range []func(){
			func() { j.Counters.Minutes(time.Now(), 60) },
			func() { j.Counters.Arrived(time.Now(), time.Time{}, time.Time{}) },
			func() { j.Counters.LastSeen() },
		} {
			go func() {
				count()
				counted.Add(1)
			}()
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := counted.Load(); n != 0 {
			t.Errorf("%d have counted", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if removed, err := j.Retain(ctx); removed != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("retention removed %d events, %v", removed, err)
		}
		if err := j.indexer.Rebuild(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("segments were rebuilt: %v", err)
		}
		done()
		synctest.Wait()
		if n := counted.Load(); n != 3 {
			t.Errorf("%d have counted in the end, want 3", n)
		}
		if removed, err := j.Retain(t.Context()); removed != 3 || err != nil {
			t.Errorf("retention removed %d events, %v", removed, err)
		}
	})
}

func TestStore_closes_while_older_segments_are_read(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{startSegments: 1})
	addLong(t, j, long(3*segment.Events+100))
	log := new(strings.Builder)
	for range 3 {
		closeStore(t, j)
		j = openAt(t, dir, Options{startSegments: 1, Logger: slog.New(slog.NewTextHandler(log, nil))})
	}
	if err := j.Counters.WaitLoaded(t.Context()); err != nil {
		t.Fatal(err)
	}
	if knownSegments(j) != 3 || log.Len() > 0 {
		t.Errorf("%d segments are known, want 3; logged: %s", knownSegments(j), log)
	}
}

// copyStore makes a copy as a crash would leave it.
func copyStore(t *testing.T, j *Store, dir string) {
	t.Helper()
	execDirect(t, j, "VACUUM INTO ?", dir+"/"+database.FileName)
}

func TestRetention_removes_segments(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 10 * time.Hour})
	addLong(t, j, long(segment.Events+50))
	clock.Advance(5 * time.Hour)
	add(t, j, mixed(rand.New(rand.NewPCG(1, 2)), 100)...)
	clock.Advance(6 * time.Hour)
	retain(t, j)
	wantFound(t, j)
	if n := len(column(t, j.reader, "SELECT CAST(n AS TEXT) FROM stretches")); n != 0 || knownSegments(j) != 0 {
		t.Errorf("%d segments in the file, %d in memory; want none", n, knownSegments(j))
	}
	// Removed events of the head segment still count, those of a full one don't.
	if c := j.Counters.Arrived(clock.Now(), time.Time{}, time.Time{}); c.Total() != 150 {
		t.Errorf("%d events are counted, want 150", c.Total())
	}
	for _, c := range j.Counters.LastSeen() {
		if c.LastSeq < j.First() {
			t.Errorf("a camera whose events are removed is known: %+v", c)
		}
	}
}

// A full segment is saved with the next commit, which may be the one that removes
// it.
func TestRetention_removes_an_unsaved_segment(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 10 * time.Hour})
	addLong(t, j, long(segment.Events))
	clock.Advance(11 * time.Hour)
	if n := retain(t, j); n != segment.Events {
		t.Fatalf("%d events went", n)
	}
	if c := j.Counters.Arrived(clock.Now(), time.Time{}, time.Time{}); c.Total() != 0 || knownSegments(j) != 0 {
		t.Errorf("%d events are counted and %d segments known, want none", c.Total(), knownSegments(j))
	}
	add(t, j, made())
	for _, table := range []string{"stretches", "indexes"} {
		if rows := column(t, j.reader, "SELECT CAST(n AS TEXT) FROM "+table); len(rows) != 0 {
			t.Errorf("%s has %v of removed segments", table, rows)
		}
	}
}

// The first events of the head segment may be removed before it is full.
func TestSegments_are_saved_without_removed_texts(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	for name, rest := range map[string]int{"it fills up later": 100, "it is full and not in the file yet": segment.Events - 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
			for range 10 {
				add(t, j, made(withData(`{"label":"zq-somebody"}`)))
			}
			clock.Advance(time.Minute)
			addLong(t, j, several(rest))
			clock.Set(start.Add(time.Hour + time.Second))
			if n := retain(t, j); n != 10 {
				t.Fatalf("%d events went", n)
			}
			addLong(t, j, several(segment.Events-rest))
			add(t, j, made()) // its commit saves the segment
			if n := column(t, j.reader, "SELECT CAST(count(*) AS TEXT) FROM stretches"); n[0] != "1" {
				t.Fatalf("%s segments are in the file", n[0])
			}
			fileBytes(t, j)
			wantNowhere(t, dirOf(j), "zq-somebody")
			wantFound(t, j, event.Filter{Text: "alice"}, event.Filter{Text: "zq-somebody"})
		})
	}
}

// knownSegments counts the full segments that the index knows.
func knownSegments(j *Store) (known int) {
	for n := int64(0); n <= segment.Of(j.Head()+1); n++ {
		if j.Index.Get(n) != nil {
			known++
		}
	}
	return known
}

// unread makes the store forget a segment, as if its row couldn't be read at the
// start.
func unread(t *testing.T, j *Store, n int64) {
	t.Helper()
	err := j.Index.Load(t.Context(), n, n, func(row segment.Row) bool {
		c, err := counters.Decode(row.Hours, row.Minutes, segment.First(n))
		if err != nil {
			t.Fatal(err)
		}
		j.Counters.Unload(c)
		return false
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRetention_subtracts_no_counters_of_an_unread_segment(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 30 * time.Hour})
	addLong(t, j, long(segment.Events))
	clock.Advance(10 * time.Minute) // within the same hour
	addLong(t, j, long(segment.Events+10))
	unread(t, j, 0)
	clock.Advance(29*time.Hour + 55*time.Minute)
	if n := retain(t, j); n != segment.Events {
		t.Fatalf("%d events went", n)
	}
	if c := j.Counters.Arrived(clock.Now(), time.Time{}, time.Time{}); c.Total() != segment.Events+10 {
		t.Errorf("%d events are counted, want %d", c.Total(), segment.Events+10)
	}
}

func TestRebuild_reads_an_unread_segment_first(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, RetainTypes: map[event.Type]time.Duration{2: time.Hour}})
	addLong(t, j, long(segment.Events+10))
	clock.Advance(2 * time.Hour)
	if retain(t, j) == 0 {
		t.Fatal("no events of the type went")
	}
	count := func() string {
		now := clock.Now()
		return fmt.Sprint(j.Counters.Arrived(now, time.Time{}, time.Time{}), j.Counters.Minutes(now, counters.MinutesKept), j.Counters.LastSeen())
	}
	want := count()
	for range 2 {
		unread(t, j, 0)
		if count() == want {
			t.Fatal("the segment counts although it isn't known")
		}
		if err := j.indexer.Rebuild(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != want {
			t.Errorf("it counts\n%s\nwant\n%s", got, want)
		}
	}
}
