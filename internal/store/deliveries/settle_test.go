package deliveries_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/store"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

func TestASettlementIsKept(t *testing.T) {
	t.Parallel()
	j := open(t)
	a := endpoint(t, j.Deliveries, "wh_a")
	endpoint(t, j.Deliveries, "wh_b")
	failing := start.Add(time.Minute)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: a.N, Cursor: 7, FailingSince: failing, Delivered: 5, Failed: 2, Expired: 1})
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: a.N, Cursor: 9, FailingSince: failing, Delivered: 2, Failed: 1, Expired: 3})
	check := func(j *store.Store) {
		t.Helper()
		got := stored(t, j.Deliveries, "wh_a")
		if got.Cursor != 9 || !got.FailingSince.Equal(failing) || got.Delivered != 7 || got.Failed != 3 || got.Expired != 4 {
			t.Errorf("got %+v, want cursor 9, failing since %s, 7 delivered, 3 failed, 4 expired", got, failing)
		}
		if other := stored(t, j.Deliveries, "wh_b"); other.Cursor != 0 || other.Delivered != 0 || !other.FailingSince.IsZero() {
			t.Errorf("another endpoint changed: %+v", other)
		}
	}
	check(j)
	j = reopen(t, j)
	check(j)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: a.N, Cursor: 9})
	if got := stored(t, j.Deliveries, "wh_a"); !got.FailingSince.IsZero() {
		t.Errorf("a worker that works again is failing since %s", got.FailingSince)
	}
}

func TestACursorNeverMovesBack(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	for _, tc := range []struct{ cursor, want int64 }{{10, 10}, {4, 10}, {0, 10}, {11, 11}, {11, 11}} {
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: tc.cursor})
		if got := stored(t, j.Deliveries, "wh_a").Cursor; got != tc.want {
			t.Errorf("settled at %d, the cursor is %d, want %d", tc.cursor, got, tc.want)
		}
	}
}

func TestPendingDeliveriesComeBack(t *testing.T) {
	t.Parallel()
	j := open(t)
	a, b := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	due := start.Add(30 * time.Second)
	exhausted := delivery.Pending{Seq: 8, Attempts: 9}
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: a.N, Put: []delivery.Pending{{Seq: 12, Attempts: 1, Due: due}, exhausted, {Seq: 3, Attempts: 2, Due: due}},
	})
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: b.N, Put: []delivery.Pending{{Seq: 3, Attempts: 4, Due: due}}})
	want := []delivery.Pending{{Seq: 3, Attempts: 2, Due: due}, exhausted, {Seq: 12, Attempts: 1, Due: due}}
	wantPending(t, j.Deliveries, a.N, want)
	j = reopen(t, j)
	wantPending(t, j.Deliveries, a.N, want)

	// A change replaces what was there; what is done goes, and what never
	// was pending may be done too.
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: a.N, Put: []delivery.Pending{{Seq: 12, Attempts: 2, Due: due.Add(time.Minute)}}, Done: []int64{3, 99},
	})
	wantPending(t, j.Deliveries, a.N, []delivery.Pending{exhausted, {Seq: 12, Attempts: 2, Due: due.Add(time.Minute)}})
	wantPending(t, j.Deliveries, b.N, []delivery.Pending{{Seq: 3, Attempts: 4, Due: due}})
	wantPending(t, j.Deliveries, 99, nil)
}

func TestADeliveryThatWaitedAndWasSettledWithinOneSettlementIsDone(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, Put: []delivery.Pending{{Seq: 3, Attempts: 1, Due: start}, {Seq: 4, Attempts: 1, Due: start}},
		Done: []int64{3}})
	wantPending(t, j.Deliveries, e.N, []delivery.Pending{{Seq: 4, Attempts: 1, Due: start}})
}

func TestASettlementForARemovedEndpointKeepsItsAttemptsOnly(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Put: []delivery.Pending{{Seq: 2, Attempts: 1, Due: start}}})
	if err := j.Deliveries.RemoveEndpoint(context.Background(), e.N, removal); err != nil {
		t.Fatal(err)
	}
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, Cursor: 5, Put: []delivery.Pending{{Seq: 4, Attempts: 1, Due: start}}, Delivered: 1,
		Attempts: []delivery.Attempt{{Seq: 5, At: start, Number: 1, Status: 200}}})
	wantPending(t, j.Deliveries, e.N, nil)
	attempts, err := firstPage(j.Deliveries, "wh_a", 10)
	if err != nil || len(attempts) != 1 || attempts[0].Seq != 5 {
		t.Errorf("attempts: %+v, %v", attempts, err)
	}
}

func TestASettlementRidesAlongWithAnAppend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t)
		a, b := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
		began, settled := time.Now(), make(chan time.Duration, 2)
		for _, n := range []int64{a.N, b.N} {
			go func() {
				if err := j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: n, Cursor: 3}); err != nil {
					t.Errorf("Settle: %v", err)
				}
				settled <- time.Since(began)
			}()
		}
		synctest.Wait()
		if got := stored(t, j.Deliveries, "wh_a").Cursor; got != 0 {
			t.Errorf("the settlement didn't wait: cursor %d", got)
		}
		add(t, j, made())
		if got := stored(t, j.Deliveries, "wh_a").Cursor; got != 0 {
			t.Errorf("a settlement that had just come took no others along: cursor %d", got)
		}
		time.Sleep(database.ShareAge)
		add(t, j, made())
		for range 2 {
			if waited := <-settled; waited != database.ShareAge {
				t.Errorf("a settlement waited %s, want %s", waited, database.ShareAge)
			}
		}
		if x, y := stored(t, j.Deliveries, "wh_a").Cursor, stored(t, j.Deliveries, "wh_b").Cursor; x != 3 || y != 3 {
			t.Errorf("the cursors are %d and %d, want 3", x, y)
		}
		closeStore(t, j)
	})
}

func TestASettlementRidesAlongWithAnAppendOfDuplicates(t *testing.T) {
	// Such an append commits twice: the first attempt is undone.
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t)
		e := endpoint(t, j.Deliveries, "wh_a")
		add(t, j, made(withID("a")))
		done := make(chan error, 1)
		go func() {
			done <- j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: e.N, Cursor: 1, Delivered: 1,
				Attempts: []delivery.Attempt{{Seq: 1, At: start, Number: 1, Status: 200}}})
		}()
		time.Sleep(database.ShareAge)
		if b := add(t, j, made(withID("a"))); b.Duplicates != 1 {
			t.Errorf("%d duplicates", b.Duplicates)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := stored(t, j.Deliveries, "wh_a"); got.Cursor != 1 || got.Delivered != 1 {
			t.Errorf("cursor %d, %d delivered; want 1 and 1", got.Cursor, got.Delivered)
		}
		if attempts, err := firstPage(j.Deliveries, "wh_a", 10); err != nil ||
			len(attempts) != 1 {
			t.Errorf("%d attempts, %v; want 1", len(attempts), err)
		}
		closeStore(t, j)
	})
}

func TestASettlementGoesAloneAfterTheDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t)
		e := endpoint(t, j.Deliveries, "wh_a")
		began := time.Now()
		if err := j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: e.N, Cursor: 3}); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != database.LingerTime {
			t.Errorf("it waited %s, want %s", waited, database.LingerTime)
		}
		if got := stored(t, j.Deliveries, "wh_a").Cursor; got != 3 {
			t.Errorf("the cursor is %d, want 3", got)
		}
		closeStore(t, j)
	})
}

func TestSettlementsThatWaitTogetherGoTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t)
		a, b := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
		began, settled := time.Now(), make(chan time.Duration, 2)
		for i, n := range []int64{a.N, b.N} {
			go func() {
				time.Sleep(time.Duration(i) * database.LingerTime / 2)
				if err := j.Deliveries.Settle(context.Background(), &deliveries.Settlement{Endpoint: n, Cursor: 3}); err != nil {
					t.Errorf("Settle: %v", err)
				}
				settled <- time.Since(began)
			}()
		}
		for range 2 {
			if waited := <-settled; waited != database.LingerTime {
				t.Errorf("settled after %s, want %s for both", waited, database.LingerTime)
			}
		}
		closeStore(t, j)
	})
}

func TestASettlementDoesntWaitWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t)
		e := endpoint(t, j.Deliveries, "wh_a")
		ctx, cancel := context.WithTimeout(context.Background(), database.LingerTime/5)
		defer cancel()
		began := time.Now()
		if err := j.Deliveries.Settle(ctx, &deliveries.Settlement{Endpoint: e.N, Cursor: 3}); err != nil {
			t.Errorf("Settle: %v", err)
		}
		if waited := time.Since(began); waited != database.LingerTime/5 {
			t.Errorf("it waited %s, want %s", waited, database.LingerTime/5)
		}
		if got := stored(t, j.Deliveries, "wh_a").Cursor; got != 3 {
			t.Errorf("the cursor is %d, want 3: the outcome is recorded all the same", got)
		}
		closeStore(t, j)
	})
}
