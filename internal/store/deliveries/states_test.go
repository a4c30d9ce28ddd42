package deliveries_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/store"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

func setState(t testing.TB, j *store.Store, endpoint int64, state delivery.State, at time.Time, skipTo int64) {
	t.Helper()
	if err := j.Deliveries.SetStates(context.Background(), skipTo, deliveries.EndpointState{Endpoint: endpoint,
		StateChange: delivery.StateChange{State: state, At: at, Cause: "A person chose " + string(state) + "."}}); err != nil {
		t.Fatalf("SetStates: %v", err)
	}
}

func wantStates(t *testing.T, j *store.Store, endpoint int64, want ...string) {
	t.Helper()
	if got := statesOf(t, j.Deliveries, endpoint); !slices.Equal(got, want) {
		t.Errorf("the changes are %v, want %v", got, want)
	}
}

func TestANewEndpointIsActiveFromItsCreation(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	for range 2 {
		if got := stored(t, j.Deliveries, "wh_a"); got.State != "active" || !got.StateAt.Equal(start) || got.StateCause != "" {
			t.Errorf("got %+v", got)
		}
		wantStates(t, j, e.N)
		j = reopen(t, j)
	}
}

func TestAStateThatAPersonSetsIsKeptWithItsCause(t *testing.T) {
	t.Parallel()
	j := open(t)
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	at := start.Add(time.Hour)
	setState(t, j, e.N, "paused", at, 0)
	setState(t, j, e.N, "active", at.Add(time.Minute), 0)
	setState(t, j, e.N, "disabled", at.Add(time.Microsecond), 0) // the clock went back: the order stays
	j = reopen(t, j)
	got := stored(t, j.Deliveries, "wh_a")
	if got.State != "disabled" || !got.StateAt.Equal(at.Add(time.Microsecond)) || got.StateCause != "A person chose disabled." {
		t.Errorf("got %+v", got)
	}
	changes, err := j.Deliveries.StateChanges(context.Background(), e.N, 2)
	want := []delivery.StateChange{{State: "disabled", At: at.Add(time.Microsecond), Cause: "A person chose disabled."},
		{State: "active", At: at.Add(time.Minute), Cause: "A person chose active."}}
	if err != nil || !slices.Equal(changes, want) {
		t.Errorf("the newest two changes: %+v, %v", changes, err)
	}
	wantStates(t, j, e.N, "disabled", "active", "paused")
	wantStates(t, j, other.N)
	if got := stored(t, j.Deliveries, "wh_b"); got.State != "active" || !got.StateAt.Equal(start) {
		t.Errorf("another endpoint became %+v", got)
	}
}

func TestAStateThatIsAlreadySetIsNotRecordedAgain(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	setState(t, j, e.N, "paused", start.Add(time.Minute), 0)
	setState(t, j, e.N, "paused", start.Add(time.Hour), 0)
	if got := stored(t, j.Deliveries, "wh_a"); !got.StateAt.Equal(start.Add(time.Minute)) {
		t.Errorf("paused since %s, want the first time", got.StateAt)
	}
	wantStates(t, j, e.N, "paused")
	for range 2 {
		settle(t, j.Deliveries, &deliveries.Settlement{
			Endpoint: e.N, State: &delivery.StateChange{State: "paused", At: start.Add(2 * time.Hour)},
		})
	}
	wantStates(t, j, e.N, "paused")
}

func TestALanesChangeOfStateTakesEffectOnlyWhereNobodyDecidedOtherwise(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		before, found delivery.State
		taken         bool
	}{
		{"active", "failing", true}, {"active", "disabled", true}, {"failing", "active", true}, {"failing", "disabled", true},
		{"active", "active", false}, {"failing", "failing", false},
		{"paused", "active", false}, {"paused", "failing", false}, {"paused", "disabled", false},
		{"disabled", "active", false}, {"disabled", "failing", false},
	} {
		t.Run(string(tc.before+" to "+tc.found), func(t *testing.T) {
			t.Parallel()
			j := open(t)
			e := endpoint(t, j.Deliveries, "wh_a")
			setState(t, j, e.N, tc.before, start.Add(time.Minute), 0)
			earlier := statesOf(t, j.Deliveries, e.N)
			found := delivery.StateChange{State: tc.found, At: start.Add(time.Hour), Cause: "The worker found it."}
			settle(t, j.Deliveries, &deliveries.Settlement{
				Endpoint: e.N, Cursor: 7, Delivered: 3, State: &found, Attempts: []delivery.Attempt{tried(7, 1, 0)},
			})
			got := stored(t, j.Deliveries, "wh_a")
			if got.Cursor != 7 || got.Delivered != 3 {
				t.Errorf("the rest of the settlement isn't kept: %+v", got)
			}
			if !tc.taken {
				if got.State != tc.before || got.StateCause == found.Cause {
					t.Errorf("it became %s: %s", got.State, got.StateCause)
				}
				wantStates(t, j, e.N, earlier...)
				return
			}
			if got.State != tc.found || !got.StateAt.Equal(found.At) || got.StateCause != found.Cause {
				t.Errorf("got %+v", got)
			}
			wantStates(t, j, e.N, append([]string{string(tc.found)}, earlier...)...)
		})
	}
}

func TestSettingAStateEndsFailing(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, FailingSince: start, State: &delivery.StateChange{State: "failing", At: start},
	})
	setState(t, j, e.N, "active", start.Add(time.Hour), 0)
	if got := stored(t, j.Deliveries, "wh_a"); got.State != "active" || !got.FailingSince.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestSkippingMovesTheCursorAndDropsWhatWaits(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(30)...)
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	due := start.Add(time.Hour)
	exhausted := []delivery.Pending{{Seq: 2, Attempts: 9}, {Seq: 5, Attempts: 9, Replay: true}}
	waiting := []delivery.Pending{{Seq: 3, Attempts: 1, Due: due}, {Seq: 4, Attempts: 2, Due: due.Add(time.Hour)},
		{Seq: 9, Attempts: 1, Due: due, Replay: true}}
	for _, n := range []int64{e.N, other.N} {
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: n, Cursor: 10, Put: append(slices.Clone(exhausted), waiting...)})
	}
	setState(t, j, e.N, "paused", start, 0)
	if got := pendingOf(t, j.Deliveries, e.N); len(got) != 5 {
		t.Errorf("without skipping, %d are pending, want 5", len(got))
	}
	setState(t, j, e.N, "active", start.Add(time.Minute), 30)
	check := func(cursor, skipped int64) {
		t.Helper()
		got := stored(t, j.Deliveries, "wh_a")
		if got.Cursor != cursor || got.Skipped != skipped || got.State != "active" {
			t.Errorf("cursor %d, %d skipped, %s; want %d and %d, active", got.Cursor, got.Skipped, got.State, cursor, skipped)
		}
		wantPending(t, j.Deliveries, e.N, exhausted)
	}
	check(30, 3+20)
	j = reopen(t, j)
	check(30, 3+20)
	// A place that is behind drops what waits and moves nothing.
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Put: []delivery.Pending{{Seq: 12, Attempts: 1, Due: due}}})
	setState(t, j, e.N, "active", start.Add(time.Minute), 7)
	check(30, 3+20+1)
	setState(t, j, e.N, "active", start.Add(time.Minute), 31)
	check(31, 3+20+1+1)
	if got := stored(t, j.Deliveries, "wh_b"); got.Cursor != 10 || got.Skipped != 0 {
		t.Errorf("another endpoint became %+v", got)
	}
	if got := pendingOf(t, j.Deliveries, other.N); len(got) != 5 {
		t.Errorf("another endpoint's pending became %+v", got)
	}
}

func TestWhatALaneHandedInCountsBeforeAPersonsDecision(t *testing.T) {
	// Else a settlement that waits for its commit would bring back what was
	// skipped, and the state that was overruled.
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t)
		e := endpoint(t, j.Deliveries, "wh_a")
		add(t, j, several(20)...)
		settled := make(chan error, 1)
		go func() {
			settled <- j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: e.N, Cursor: 10, FailingSince: start,
				Put:   []delivery.Pending{{Seq: 4, Attempts: 1, Due: start}, {Seq: 5, Attempts: 9}},
				State: &delivery.StateChange{State: "failing", At: start, Cause: "The worker found it."}})
		}()
		synctest.Wait()
		setState(t, j, e.N, "active", start.Add(time.Minute), 20)
		if err := <-settled; err != nil {
			t.Errorf("Settle: %v", err)
		}
		time.Sleep(2 * database.LingerTime)
		if got := stored(t, j.Deliveries, "wh_a"); got.State != "active" || !got.FailingSince.IsZero() || got.Cursor != 20 || got.Skipped != 11 {
			t.Errorf("got %+v, want it active at 20 with 11 skipped", got)
		}
		wantPending(t, j.Deliveries, e.N, []delivery.Pending{{Seq: 5, Attempts: 9}})
		wantStates(t, j, e.N, "active", "failing")
		closeStore(t, j)
	})
}

func TestAStateOfARemovedEndpointCantBeSet(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	if err := j.Deliveries.RemoveEndpoint(context.Background(), e.N, removal); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{e.N, 99} {
		paused := delivery.StateChange{State: "paused", At: start}
		err := j.Deliveries.SetStates(context.Background(), 5, deliveries.EndpointState{Endpoint: n, StateChange: paused})
		if !errors.Is(err, deliveries.ErrNoEndpoint) {
			t.Errorf("SetStates: %v, want ErrNoEndpoint", err)
		}
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: n, State: &delivery.StateChange{State: "failing", At: start}})
	}
	wantStates(t, j, e.N, "removed")
	wantStates(t, j, 99)
}

func TestASettlementKeepsWhatWasSuppressed(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	endpoint(t, j.Deliveries, "wh_b")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Suppressed: 5})
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Suppressed: 2, Delivered: 1})
	if got := stored(t, reopen(t, j).Deliveries, "wh_a"); got.Suppressed != 7 || got.Delivered != 1 || got.Skipped != 0 || got.Expired != 0 {
		t.Errorf("got %+v, want 7 suppressed", got)
	}
}

func TestAPendingDeliverySaysWhetherItWasAskedForAgain(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	due := start.Add(time.Minute)
	want := []delivery.Pending{
		{Seq: 1, Attempts: 0, Due: due, Replay: true}, {Seq: 2, Attempts: 1, Due: due}, {Seq: 3, Attempts: 9, Replay: true},
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Put: want})
	wantPending(t, reopen(t, j).Deliveries, e.N, want)
}

func TestAttemptsSayWhetherTheyWereAskedForAgain(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	attempts := []delivery.Attempt{tried(1, 1, 0), tried(2, 1, 3), tried(3, 2, 0), tried(4, 1, 0)}
	for i := range attempts {
		attempts[i].Replay = i%2 == 1
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Attempts: attempts})
	got, _ := attemptsOf(t, j.Deliveries, "wh_a", 2, false)
	slices.SortFunc(got, func(a, b delivery.Attempt) int { return int(a.Seq - b.Seq) })
	if !slices.Equal(got, attempts) {
		t.Errorf("got  %+v\nwant %+v", got, attempts)
	}
}
