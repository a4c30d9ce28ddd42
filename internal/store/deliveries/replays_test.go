package deliveries_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/store/deliveries"
)

// wantReplay checks an endpoint's only replay.
func wantReplay(t *testing.T, j *store.Store, want delivery.Replay) {
	t.Helper()
	if got := replaysOf(t, j.Deliveries, want.Endpoint); len(got) != 1 || !reflect.DeepEqual(*got[0], want) {
		t.Errorf("got  %d: %+v\nwant %+v", len(got), got[0], want)
	}
}

func TestReplaysComeBackNewestFirst(t *testing.T) {
	t.Parallel()
	j := open(t)
	a, b := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	var made []*delivery.Replay
	for i, types := range []event.TypeSet{event.AllTypes, 0, event.Types(event.FaceDetected, event.SystemError)} {
		r := &delivery.Replay{ID: fmt.Sprintf("rpl_%d", i), Endpoint: a.N, Filter: event.Filter{Types: types}, After: int64(i), Through: 1 << 40,
			Position: int64(i) + 5, CreatedAt: start.Add(time.Duration(i) * time.Microsecond)}
		if err := j.Deliveries.CreateReplays(context.Background(), r.ID, r, r); err != nil {
			t.Fatal(err)
		}
		made = append(made, r)
		replay(t, j.Deliveries, b.N, fmt.Sprintf("other_%d", i))
	}
	j = reopen(t, j)
	got := replaysOf(t, j.Deliveries, a.N)
	if len(got) != 3 {
		t.Fatalf("%d replays, want 3", len(got))
	}
	for i, r := range got {
		if !reflect.DeepEqual(r, made[2-i]) || r.N == 0 {
			t.Errorf("got  %+v\nwant %+v", r, made[2-i])
		}
	}
	if got, err := j.Deliveries.Replays(context.Background(), a.N, 2); err != nil || len(got) != 2 || got[0].ID != "rpl_2" {
		t.Errorf("the newest two: %+v, %v", got, err)
	}
	if got := replaysOf(t, j.Deliveries, 99); len(got) != 0 {
		t.Errorf("no endpoint has %+v", got)
	}
	twin := &delivery.Replay{ID: "rpl_0", Endpoint: b.N, CreatedAt: start}
	if err := j.Deliveries.CreateReplays(context.Background(), twin.ID, twin, twin); err == nil {
		t.Error("a second replay got the id of the first")
	}
}

func TestAReplaysProgressNeverMovesBack(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	r := replay(t, j.Deliveries, e.N, "rpl_a")
	untouched := replay(t, j.Deliveries, endpoint(t, j.Deliveries, "wh_b").N, "rpl_b")
	want := *r
	for _, step := range []struct{ position, sent, failed, reached int64 }{{20, 5, 0, 20}, {15, 1, 2, 20}, {0, 0, 0, 20}, {50, 7, 1, 50}} {
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N,
			Replays: []deliveries.ReplayProgress{{N: r.N, Position: step.position, Sent: step.sent, Failed: step.failed}}})
		want.Position = step.reached
		want.Sent += step.sent
		want.Failed += step.failed
		wantReplay(t, j, want)
	}
	// Two steps in one settlement, the second of which ends it.
	ended := start.Add(time.Hour)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Replays: []deliveries.ReplayProgress{{N: r.N, Position: 60, Sent: 1},
		{N: r.N, Position: 90, Sent: 2, EndedAt: ended}}})
	want.Position, want.Sent, want.EndedAt = 90, want.Sent+3, ended
	wantReplay(t, j, want)
	// Its end stays where it was.
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, Replays: []deliveries.ReplayProgress{{N: r.N, Position: 90, Failed: 1, EndedAt: ended.Add(time.Hour)}},
	})
	want.Failed++
	j = reopen(t, j)
	wantReplay(t, j, want)
	wantReplay(t, j, *untouched)
}

func TestAReplayThatAPersonStops(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), store.Options{Now: clock.Now})
	e := endpoint(t, j.Deliveries, "wh_a")
	r := replay(t, j.Deliveries, e.N, "rpl_a")
	clock.Advance(time.Minute)
	if err := j.Deliveries.StopReplays(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	want := *r
	want.EndedAt, want.Stopped = clock.Now(), true
	wantReplay(t, j, want)
	clock.Advance(time.Minute)
	// Again, and what was in flight when it stopped.
	if err := j.Deliveries.StopReplays(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, Replays: []deliveries.ReplayProgress{{N: r.N, Position: 12, Sent: 2, EndedAt: clock.Now()}},
	})
	want.Position, want.Sent = 12, 2
	wantReplay(t, j, want)
	if err := j.Deliveries.StopReplays(context.Background(), &delivery.Replay{N: 99}); err != nil {
		t.Errorf("StopReplay of none: %v", err)
	}
}

func TestAReplayThatHasEndedCantBeStopped(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a")
	r := replay(t, j.Deliveries, e.N, "rpl_a")
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, Replays: []deliveries.ReplayProgress{{N: r.N, Position: 90, EndedAt: start.Add(time.Hour)}},
	})
	if err := j.Deliveries.StopReplays(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	want := *r
	want.Position, want.EndedAt = 90, start.Add(time.Hour)
	wantReplay(t, j, want)
}

func TestReplaysGoWithTheirEndpoint(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := context.Background()
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	r := replay(t, j.Deliveries, e.N, "rpl_a")
	stays := replay(t, j.Deliveries, other.N, "rpl_b")
	if err := j.Deliveries.RemoveEndpoint(ctx, e.N, removal); err != nil {
		t.Fatal(err)
	}
	if got := replaysOf(t, j.Deliveries, e.N); len(got) != 0 {
		t.Errorf("a removed endpoint has %+v", got[0])
	}
	wantReplay(t, j, *stays)
	// None comes back: not by what was on its way, nor by a new one.
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Replays: []deliveries.ReplayProgress{{N: r.N, Position: 50, Sent: 1}}})
	late := &delivery.Replay{ID: "rpl_late", Endpoint: e.N, CreatedAt: start}
	if err := j.Deliveries.CreateReplays(ctx, late.ID, late, late); !errors.Is(err, deliveries.ErrNoEndpoint) {
		t.Errorf("CreateReplay: %v, want ErrNoEndpoint", err)
	}
	if got := replaysOf(t, j.Deliveries, e.N); len(got) != 0 {
		t.Errorf("a removed endpoint has %+v", got[0])
	}
	if next := replay(t, j.Deliveries, other.N, "rpl_c"); next.N <= stays.N {
		t.Errorf("the next replay has the number %d after %d", next.N, stays.N)
	}
}
