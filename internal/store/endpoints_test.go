package store

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

func TestEndpointsComeBackAsTheyWereMade(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := context.Background()
	if list, err := j.Endpoints(ctx); err != nil || len(list) != 0 {
		t.Fatalf("a new store has %d endpoints, %v", len(list), err)
	}
	want := []*EndpointRecord{
		loaded(&EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_b", URL: "https://example.com/ü?a=b#c",
			Types: event.AllTypes, CreatedAt: start,
			UpdatedAt: start.Add(time.Microsecond)}, Secrets: signedWith("whsec_x"), Cursor: 12}),
		loaded(&EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_a", URL: "https://example.com/",
			Types:     event.Types(event.FaceDetected, event.SystemError),
			CreatedAt: start, UpdatedAt: start}}),
	}
	for _, e := range want {
		if err := j.CreateEndpoint(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if want[0].N == 0 || want[0].N == want[1].N {
		t.Errorf("the endpoints have the numbers %d and %d", want[0].N, want[1].N)
	}
	list, err := reopen(t, j).Endpoints(ctx)
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
	endpoint(t, j, "wh_a")
	if err := j.CreateEndpoint(context.Background(),
		&EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_a", CreatedAt: start, UpdatedAt: start}}); err == nil {
		t.Error("a second endpoint got the id of the first")
	}
	if got := stored(t, j, "wh_a"); got.URL != "https://example.com/wh_a" {
		t.Errorf("the first became %+v", got)
	}
}

func TestUpdateChangesWhatAnOperatorSetsAndNoMore(t *testing.T) {
	t.Parallel()
	j := open(t)
	e, other := endpoint(t, j, "wh_a"), endpoint(t, j, "wh_b")
	settle(t, j, &Settlement{Endpoint: e.N, Cursor: 5, Delivered: 4, FailingSince: start})
	// The operator's page has an older state than the worker.
	e.URL, e.Types, e.Secrets, e.UpdatedAt = "https://example.org/new", event.AllTypes, signedWith("whsec_new"), start.Add(time.Hour)
	loaded(e)
	if err := j.UpdateEndpoint(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	want := *e
	want.Cursor, want.Delivered, want.FailingSince = 5, 4, start
	if got := stored(t, j, "wh_a"); !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	if got := stored(t, j, "wh_b"); !reflect.DeepEqual(got, other) {
		t.Errorf("another endpoint became %+v", got)
	}
}

func TestARemovedEndpointIsGoneButForItsAttempts(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := context.Background()
	e, other := endpoint(t, j, "wh_a"), endpoint(t, j, "wh_b")
	for _, n := range []int64{e.N, other.N} {
		settle(t, j, &Settlement{Endpoint: n, Cursor: 3, Put: []delivery.Pending{{Seq: 2, Tries: 1, Due: start}},
			Attempts: []delivery.Attempt{{Seq: 2, At: start, Number: 1, Status: 500, Class: 3}}})
	}
	if err := j.RemoveEndpoint(ctx, e.N, removal); err != nil {
		t.Fatal(err)
	}
	if stored(t, j, "wh_a") != nil || stored(t, j, "wh_b") == nil {
		t.Error("the list isn't of the one that is left")
	}
	wantPending(t, j, e.N, nil)
	wantPending(t, j, other.N, []delivery.Pending{{Seq: 2, Tries: 1, Due: start}})
	if attempts, _, err := j.Attempts(ctx, "wh_a", AttemptCursor{}, 10, delivery.AttemptFilter{}); err != nil || len(attempts) != 1 {
		t.Errorf("%d attempts are left, %v", len(attempts), err)
	}
	if left := sealedSecrets(t, j, e.N); len(left) != 0 {
		t.Errorf("its secrets are still there: %q", left)
	}
	for name, err := range map[string]error{
		"update": j.UpdateEndpoint(ctx, e), "remove": j.RemoveEndpoint(ctx, e.N, removal), "update of none": j.UpdateEndpoint(ctx,
			&EndpointRecord{Endpoint: delivery.Endpoint{N: 99}}), "remove of none": j.RemoveEndpoint(ctx, 99, removal),
	} {
		if !errors.Is(err, ErrNoEndpoint) {
			t.Errorf("%s: %v, want ErrNoEndpoint", name, err)
		}
	}
}

func TestAnEndpointsNumberIsNeverUsedAgain(t *testing.T) {
	// Attempts and pending deliveries hang on it.
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	e := endpoint(t, j, "wh_a")
	if err := j.RemoveEndpoint(context.Background(), e.N, removal); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	if _, err := j.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := j.Attempts(context.Background(), "wh_a", AttemptCursor{}, 1, delivery.AttemptFilter{}); !errors.Is(err, ErrNoEndpoint) {
		t.Errorf("the removed endpoint is still known: %v", err)
	}
	if again := endpoint(t, j, "wh_a"); again.N == e.N {
		t.Errorf("the number %d is used again", e.N)
	}
}
