package deliveries_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/store/deliveries"
)

func TestEndpointsComeBackAsTheyWereMade(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := context.Background()
	if list, err := j.Deliveries.Endpoints(ctx); err != nil || len(list) != 0 {
		t.Fatalf("a new store has %d endpoints, %v", len(list), err)
	}
	want := []*deliveries.EndpointRecord{
		loaded(&deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_b", URL: "https://example.com/ü?a=b#c",
			Types: event.AllTypes, CreatedAt: start,
			UpdatedAt: start.Add(time.Microsecond)}, Secrets: signedWith("whsec_x"), Cursor: 12}),
		loaded(&deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_a", URL: "https://example.com/",
			Types:     event.Types(event.FaceDetected, event.SystemError),
			CreatedAt: start, UpdatedAt: start}}),
	}
	for _, e := range want {
		if err := j.Deliveries.CreateEndpoint(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if want[0].N == 0 || want[0].N == want[1].N {
		t.Errorf("the endpoints have the numbers %d and %d", want[0].N, want[1].N)
	}
	list, err := reopen(t, j).Deliveries.Endpoints(ctx)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d endpoints, %v", len(list), err)
	}
	for i := range want { // oldest first
		if !reflect.DeepEqual(list[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", list[i], want[i])
		}
	}
}

func TestAnEndpointsIDIsItsOwn(t *testing.T) {
	t.Parallel()
	j := open(t)
	endpoint(t, j.Deliveries, "wh_a")
	if err := j.Deliveries.CreateEndpoint(context.Background(),
		&deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_a", CreatedAt: start, UpdatedAt: start}}); err == nil {
		t.Error("a second endpoint got the id of the first")
	}
	if got := stored(t, j.Deliveries, "wh_a"); got.URL != "https://example.com/wh_a" {
		t.Errorf("the first became %+v", got)
	}
}

func TestUpdateChangesWhatAnOperatorSetsAndNoMore(t *testing.T) {
	t.Parallel()
	j := open(t)
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: 5, Delivered: 4, FailingSince: start})
	// The operator's page has an older state than the worker.
	e.URL, e.Types, e.Secrets, e.UpdatedAt = "https://example.org/new", event.AllTypes, signedWith("whsec_new"), start.Add(time.Hour)
	loaded(e)
	if err := j.Deliveries.UpdateEndpoint(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	want := *e
	want.Cursor, want.Delivered, want.FailingSince, want.NewVersion = 5, 4, start, 0
	if got := stored(t, j.Deliveries, "wh_a"); !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	if got := stored(t, j.Deliveries, "wh_b"); !reflect.DeepEqual(got, other) {
		t.Errorf("another endpoint became %+v", got)
	}
}

func TestARemovedEndpointIsGoneButForItsAttempts(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := context.Background()
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	for _, n := range []int64{e.N, other.N} {
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: n, Cursor: 3, Put: []delivery.Pending{{Seq: 2, Attempts: 1, Due: start}},
			Attempts: []delivery.Attempt{{Seq: 2, At: start, Number: 1, Status: 500, Class: 3}}})
	}
	if err := j.Deliveries.RemoveEndpoint(ctx, e.N, removal); err != nil {
		t.Fatal(err)
	}
	if stored(t, j.Deliveries, "wh_a") != nil || stored(t, j.Deliveries, "wh_b") == nil {
		t.Error("the list isn't of the one that is left")
	}
	wantPending(t, j.Deliveries, e.N, nil)
	wantPending(t, j.Deliveries, other.N, []delivery.Pending{{Seq: 2, Attempts: 1, Due: start}})
	if attempts, err := firstPage(j.Deliveries, "wh_a", 10); err != nil || len(attempts) != 1 {
		t.Errorf("%d attempts are left, %v", len(attempts), err)
	}
	if left := sealedSecrets(t, j.DB, e.N); len(left) != 0 {
		t.Errorf("its secrets are still there: %q", left)
	}
	for name, err := range map[string]error{
		"update":         j.Deliveries.UpdateEndpoint(ctx, e),
		"remove":         j.Deliveries.RemoveEndpoint(ctx, e.N, removal),
		"update of none": j.Deliveries.UpdateEndpoint(ctx, &deliveries.EndpointRecord{Endpoint: delivery.Endpoint{N: 99}}),
		"remove of none": j.Deliveries.RemoveEndpoint(ctx, 99, removal),
	} {
		if !errors.Is(err, deliveries.ErrNoEndpoint) {
			t.Errorf("%s: %v, want ErrNoEndpoint", name, err)
		}
	}
}

func TestAnEndpointsNumberIsNeverUsedAgain(t *testing.T) {
	// Attempts and pending deliveries hang on it.
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), store.Options{Now: clock.Now, Retain: time.Hour})
	e := endpoint(t, j.Deliveries, "wh_a")
	if err := j.Deliveries.RemoveEndpoint(context.Background(), e.N, removal); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	if _, err := j.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := firstPage(j.Deliveries, "wh_a", 1); !errors.Is(err, deliveries.ErrNoEndpoint) {
		t.Errorf("the removed endpoint is still known: %v", err)
	}
	if again := endpoint(t, j.Deliveries, "wh_a"); again.N == e.N {
		t.Errorf("the number %d is used again", e.N)
	}
}
