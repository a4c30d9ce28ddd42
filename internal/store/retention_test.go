package store

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/deliveries"
	"postern/internal/store/retention"
)

func retain(t testing.TB, j *Store) int64 {
	t.Helper()
	removed, err := j.Retain(context.Background())
	if err != nil {
		t.Fatalf("Retain: %v", err)
	}
	return removed
}

func TestRetentionRemovesWhatIsTooOld(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	old, young := several(3*retention.StepRows/2), several(4) // more than a step
	add(t, j, old...)
	clock.Advance(time.Minute)
	add(t, j, young...)

	clock.Set(start.Add(time.Hour))
	if n := retain(t, j); n != 0 {
		t.Errorf("events that are just old enough to stay: %d went", n)
	}
	clock.Advance(time.Microsecond)
	if n := retain(t, j); n != int64(len(old)) {
		t.Errorf("%d events went, want %d", n, len(old))
	}
	first := int64(len(old) + 1)
	wantGapless(t, j, first, 4)
	wantGone(t, j, old[0], old[len(old)-1])
	page, err := j.Search(context.Background(), event.Query{Limit: 1000})
	if err != nil || len(page.Events) != 4 {
		t.Errorf("a search finds %d events, %v; want 4", len(page.Events), err)
	}
	wantGapless(t, reopen(t, j), first, 4)
}

func TestRetentionGoesByArrivalNotByTheEventsOwnTime(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	add(t, j, made(func(e *event.Event) { e.Time = start.AddDate(-10, 0, 0) }))
	if n := retain(t, j); n != 0 {
		t.Errorf("an event that has just arrived went for its timestamp")
	}
}

// wantPendingRemoved checks which deliveries wait for a retry of an event that
// has been removed.
func wantPendingRemoved(t testing.TB, j *Store, endpoint int64, want ...int64) {
	t.Helper()
	if got, err := j.Deliveries.PendingRemoved(context.Background(), endpoint); err != nil || !slices.Equal(got, want) {
		t.Errorf("pending of removed events are %v, %v, want %v", got, err, want)
	}
}

// Exhausted deliveries go with their events. Those that wait for a retry stay
// until a settlement removes them and counts them as expired.
func TestWhatWasPendingForRemovedEventsIsOver(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	e := endpoint(t, j.Deliveries, "wh_a")
	add(t, j, several(5)...)
	clock.Advance(2 * time.Hour)
	add(t, j, several(5)...)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: 8,
		Put: []delivery.Pending{
			{Seq: 2, Attempts: 1, Due: start}, {Seq: 5, Attempts: 9}, {Seq: 6, Attempts: 9}, {Seq: 8, Attempts: 1, Due: start},
		}})
	if n := retain(t, j); n != 5 {
		t.Fatalf("%d events went", n)
	}
	wantPending(t, j.Deliveries, e.N, []delivery.Pending{
		{Seq: 2, Attempts: 1, Due: start}, {Seq: 6, Attempts: 9}, {Seq: 8, Attempts: 1, Due: start},
	})
	wantPendingRemoved(t, j, e.N, 2)
	if first, removed := j.First(), j.LowWatermark(); first != 6 || removed != 5 {
		t.Errorf("the log begins at %d, and %d are removed", first, removed)
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: 8, Done: []int64{2}, Expired: 1, ExpiredRetries: 1})
	for range 2 {
		wantPendingRemoved(t, j, e.N)
		if got := stored(t, j.Deliveries, "wh_a"); got.Expired != 1 || got.ExpiredRetries != 1 || j.LowWatermark() != 5 {
			t.Errorf("the store has %+v, and %d are removed", got, j.LowWatermark())
		}
		j = reopen(t, j)
	}
}

func TestOldAttemptsGoAndWithThemRemovedEndpoints(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	ctx := context.Background()
	gone, here := endpoint(t, j.Deliveries, "wh_gone"), endpoint(t, j.Deliveries, "wh_here")
	attempt := func(seq int64) delivery.Attempt {
		return delivery.Attempt{Seq: seq, At: clock.Now(), Number: 1, Status: 500, Class: 3}
	}
	for _, e := range []*deliveries.EndpointRecord{gone, here} {
		// More rows than a step removes.
		var attempts []delivery.Attempt
		for i := range int64(retention.StepRows/2 + 10) {
			attempts = append(attempts, attempt(i))
		}
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: attempts})
	}
	if err := j.Deliveries.RemoveEndpoint(ctx, gone.N, removal); err != nil {
		t.Fatal(err)
	}
	clock.Advance(59 * time.Minute)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: here.N, Attempts: []delivery.Attempt{attempt(1000)}})
	retain(t, j)
	if got, _ := attemptsOf(t, j.Deliveries, "wh_gone", 1000, false); len(got) != retention.StepRows/2+10 {
		t.Errorf("a removed endpoint has %d attempts within the hour", len(got))
	}
	clock.Advance(2 * time.Minute)
	retain(t, j)
	if got, _ := attemptsOf(t, j.Deliveries, "wh_here", 1000, false); !slices.Equal(seqsOf(got), []int64{1000}) {
		t.Errorf("after an hour the attempts are %v, want the young one", seqsOf(got))
	}
	if _, err := firstPage(j.Deliveries, "wh_gone", 10); !errors.Is(err, deliveries.ErrNoEndpoint) {
		t.Errorf("the removed endpoint is still known: %v", err)
	}
	if stored(t, j.Deliveries, "wh_here") == nil {
		t.Error("an endpoint that wasn't removed is gone")
	}
}

func TestAttemptsHaveARetentionOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		own  time.Duration
		rest int // after 90 minutes, of one each at 0, 30 and 60 minutes; events stay for an hour
	}{{0, 1}, {time.Hour, 1}, {10 * time.Minute, 0}, {29 * time.Minute, 0}, {31 * time.Minute, 1}, {61 * time.Minute, 2},
		{100 * time.Minute, 3}} {
		t.Run(tc.own.String(), func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour, RetainAttempts: tc.own})
			e := endpoint(t, j.Deliveries, "wh_a")
			for i, state := range []delivery.State{delivery.Failing, delivery.Active, delivery.Failing} {
				add(t, j, several(1)...)
				now := clock.Now()
				r := &delivery.Replay{ID: string(state) + now.String(), Endpoint: e.N, CreatedAt: now}
				if err := j.Deliveries.CreateReplays(context.Background(), r.ID, r, r); err != nil {
					t.Fatal(err)
				}
				settle(t, j.Deliveries, &deliveries.Settlement{
					Endpoint: e.N,
					Attempts: []delivery.Attempt{{Seq: int64(i + 1), At: now, Number: 1, Status: 200}},
					State:    &delivery.StateChange{State: state, At: now},
					Replays:  []deliveries.ReplayProgress{{N: r.N, EndedAt: now}},
				})
				clock.Advance(30 * time.Minute)
			}
			running := replay(t, j.Deliveries, e.N, "running")
			clock.Advance(time.Second)
			retain(t, j)
			if got := len(all(t, j)); got != 1 {
				t.Errorf("%d events are left, want the last", got)
			}
			if got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10, false); len(got) != tc.rest {
				t.Errorf("%d attempts are left, want %d", len(got), tc.rest)
			}
			if got := statesOf(t, j.Deliveries, e.N); len(got) != tc.rest {
				t.Errorf("%d changes of state are left, want %d", len(got), tc.rest)
			}
			// One that goes on stays, however old.
			if got := replaysOf(t, j.Deliveries, e.N); len(got) != tc.rest+1 || got[0].ID != running.ID {
				t.Errorf("%d replays are left, want %d", len(got), tc.rest+1)
			}
			if got := stored(t, j.Deliveries, "wh_a"); got.State != "failing" {
				t.Errorf("the endpoint became %+v", got)
			}
			clock.Advance(100 * time.Hour)
			retain(t, j)
			if got := replaysOf(t, j.Deliveries, e.N); len(got) != 1 || got[0].ID != running.ID {
				t.Errorf("of what went on, %d replays are left", len(got))
			}
			if got := statesOf(t, j.Deliveries, e.N); len(got) != 0 {
				t.Errorf("after days, %v are left", got)
			}
		})
	}
}

func TestRetentionStopsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	add(t, j, several(3*retention.StepRows)...)
	clock.Advance(2 * time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := j.Retain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Retain: %v", err)
	}
	if first := j.First(); first > retention.StepRows+1 {
		t.Errorf("it went on to %d", first)
	}
	events := all(t, j)
	wantGapless(t, j, j.First(), len(events))
}

func TestRunRetainsNowAndThenUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		j := openAt(t, t.TempDir(), Options{Retain: time.Hour, Logger: slog.New(slog.NewTextHandler(&logs, nil))})
		add(t, j, several(3)...)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- j.Run(ctx) }()
		time.Sleep(time.Hour)
		wantGapless(t, j, 1, 3)
		time.Sleep(retainEvery + time.Second)
		wantGapless(t, j, 4, 0)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if text := logs.String(); strings.Count(text, "retention removed events") != 1 || !strings.Contains(text, "events=3 first_seq=4") {
			t.Errorf("the log says %q", text)
		}
		closeStore(t, j)
	})
}

func TestRunGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		j := openAt(t, t.TempDir(), Options{Retain: time.Hour, Logger: slog.New(slog.NewTextHandler(&logs, nil))})
		add(t, j, several(3)...)
		time.Sleep(2 * time.Hour)
		readOnly(t, j, true)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- j.Run(ctx) }()
		time.Sleep(time.Second)
		synctest.Wait()
		if j.First() != 1 {
			t.Errorf("what couldn't be removed counts as gone: first %d", j.First())
		}
		readOnly(t, j, false)
		time.Sleep(retainEvery)
		synctest.Wait()
		wantGapless(t, j, 4, 0)
		cancel()
		<-ended
		if text := logs.String(); strings.Count(text, "retention failed") != 1 {
			t.Errorf("the log says %q", text)
		}
		closeStore(t, j)
	})
}

// readOnly makes every write fail, or no more.
func readOnly(t testing.TB, j *Store, on bool) {
	t.Helper()
	value := map[bool]string{true: "query_only(1)", false: "query_only(0)"}[on]
	execDirect(t, j, "PRAGMA "+value)
}

// Events that arrive while retention looks for old ones aren't too old.
func TestRetentionLeavesWhatArrivesMeanwhile(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	for range 60 {
		stop, stopped := make(chan struct{}), make(chan error)
		go func() {
			for {
				_, err := j.Retention.Run(context.Background())
				select {
				case <-stop:
					stopped <- err
					return
				default:
				}
			}
		}()
		e := made()
		add(t, j, e)
		close(stop)
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		if _, err := j.Get(context.Background(), e.ID); err != nil {
			t.Fatalf("event %d, which has just arrived: %v", e.Seq, err)
		}
		clock.Advance(2 * time.Hour)
		if n := retain(t, j); n != 1 {
			t.Fatalf("%d events went, want 1", n)
		}
	}
}
