package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// replay keeps a new replay of an endpoint's.
func replay(t testing.TB, j *Store, endpoint int64, id string) *delivery.Replay {
	t.Helper()
	r := &delivery.Replay{ID: id, Endpoint: endpoint, Types: event.Types(event.FaceMatched), After: 10, Through: 90,
		Position: 10, CreatedAt: start}
	if err := j.CreateReplay(context.Background(), r); err != nil {
		t.Fatalf("CreateReplay: %v", err)
	}
	return r
}

func replaysOf(t testing.TB, j *Store, endpoint int64) []*delivery.Replay {
	t.Helper()
	replays, err := j.Replays(context.Background(), endpoint, 100)
	if err != nil {
		t.Fatalf("Replays: %v", err)
	}
	return replays
}

// wantReplay checks an endpoint's only replay.
func wantReplay(t *testing.T, j *Store, want delivery.Replay) {
	t.Helper()
	if got := replaysOf(t, j, want.Endpoint); len(got) != 1 || *got[0] != want {
		t.Errorf("got  %d: %+v\nwant %+v", len(got), got[0], want)
	}
}

func TestReplaysComeBackNewestFirst(t *testing.T) {
	t.Parallel()
	j := open(t)
	a, b := endpoint(t, j, "wh_a"), endpoint(t, j, "wh_b")
	var made []*delivery.Replay
	for i, types := range []event.TypeSet{event.AllTypes, 0, event.Types(event.FaceDetected, event.SystemError)} {
		r := &delivery.Replay{ID: fmt.Sprintf("rpl_%d", i), Endpoint: a.N, Types: types, After: int64(i), Through: 1 << 40,
			Position: int64(i) + 5, CreatedAt: start.Add(time.Duration(i) * time.Microsecond)}
		if err := j.CreateReplay(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		made = append(made, r)
		replay(t, j, b.N, fmt.Sprintf("other_%d", i))
	}
	j = reopen(t, j)
	got := replaysOf(t, j, a.N)
	if len(got) != 3 {
		t.Fatalf("%d replays, want 3", len(got))
	}
	for i, r := range got {
		if *r != *made[2-i] || r.N == 0 {
			t.Errorf("got  %+v\nwant %+v", r, made[2-i])
		}
	}
	if got, err := j.Replays(context.Background(), a.N, 2); err != nil || len(got) != 2 || got[0].ID != "rpl_2" {
		t.Errorf("the newest two: %+v, %v", got, err)
	}
	if got := replaysOf(t, j, 99); len(got) != 0 {
		t.Errorf("no endpoint has %+v", got)
	}
	if err := j.CreateReplay(context.Background(), &delivery.Replay{ID: "rpl_0", Endpoint: b.N, CreatedAt: start}); err == nil {
		t.Error("a second replay got the id of the first")
	}
}

func TestAReplaysProgressNeverMovesBack(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j, "wh_a")
	r := replay(t, j, e.N, "rpl_a")
	untouched := replay(t, j, endpoint(t, j, "wh_b").N, "rpl_b")
	want := *r
	for _, step := range []struct{ position, sent, failed, reached int64 }{{20, 5, 0, 20}, {15, 1, 2, 20}, {0, 0, 0, 20}, {50, 7, 1, 50}} {
		settle(t, j, &Settlement{Endpoint: e.N,
			Replays: []ReplayProgress{{N: r.N, Position: step.position, Sent: step.sent, Failed: step.failed}}})
		want.Position = step.reached
		want.Sent += step.sent
		want.Failed += step.failed
		wantReplay(t, j, want)
	}
	// Two steps in one settlement, the second of which ends it.
	ended := start.Add(time.Hour)
	settle(t, j, &Settlement{Endpoint: e.N, Replays: []ReplayProgress{{N: r.N, Position: 60, Sent: 1},
		{N: r.N, Position: 90, Sent: 2, EndedAt: ended}}})
	want.Position, want.Sent, want.EndedAt = 90, want.Sent+3, ended
	wantReplay(t, j, want)
	// Its end stays where it was.
	settle(t, j, &Settlement{Endpoint: e.N, Replays: []ReplayProgress{{N: r.N, Position: 90, Failed: 1, EndedAt: ended.Add(time.Hour)}}})
	want.Failed++
	j = reopen(t, j)
	wantReplay(t, j, want)
	wantReplay(t, j, *untouched)
}

func TestAReplayThatAPersonStops(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	e := endpoint(t, j, "wh_a")
	r := replay(t, j, e.N, "rpl_a")
	clock.Advance(time.Minute)
	if err := j.StopReplay(context.Background(), r.N); err != nil {
		t.Fatal(err)
	}
	want := *r
	want.EndedAt, want.Stopped = clock.Now(), true
	wantReplay(t, j, want)
	clock.Advance(time.Minute)
	// Again, and what was in flight when it stopped.
	if err := j.StopReplay(context.Background(), r.N); err != nil {
		t.Fatal(err)
	}
	settle(t, j, &Settlement{Endpoint: e.N, Replays: []ReplayProgress{{N: r.N, Position: 12, Sent: 2, EndedAt: clock.Now()}}})
	want.Position, want.Sent = 12, 2
	wantReplay(t, j, want)
	if err := j.StopReplay(context.Background(), 99); err != nil {
		t.Errorf("StopReplay of none: %v", err)
	}
}

func TestAReplayThatHasEndedCantBeStopped(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j, "wh_a")
	r := replay(t, j, e.N, "rpl_a")
	settle(t, j, &Settlement{Endpoint: e.N, Replays: []ReplayProgress{{N: r.N, Position: 90, EndedAt: start.Add(time.Hour)}}})
	if err := j.StopReplay(context.Background(), r.N); err != nil {
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
	e, other := endpoint(t, j, "wh_a"), endpoint(t, j, "wh_b")
	r := replay(t, j, e.N, "rpl_a")
	stays := replay(t, j, other.N, "rpl_b")
	if err := j.RemoveEndpoint(ctx, e.N, removal); err != nil {
		t.Fatal(err)
	}
	if got := replaysOf(t, j, e.N); len(got) != 0 {
		t.Errorf("a removed endpoint has %+v", got[0])
	}
	wantReplay(t, j, *stays)
	// None comes back: not by what was on its way, nor by a new one.
	settle(t, j, &Settlement{Endpoint: e.N, Replays: []ReplayProgress{{N: r.N, Position: 50, Sent: 1}}})
	if err := j.CreateReplay(ctx, &delivery.Replay{ID: "rpl_late", Endpoint: e.N, CreatedAt: start}); !errors.Is(err, ErrNoEndpoint) {
		t.Errorf("CreateReplay: %v, want ErrNoEndpoint", err)
	}
	if got := replaysOf(t, j, e.N); len(got) != 0 {
		t.Errorf("a removed endpoint has %+v", got[0])
	}
	if next := replay(t, j, other.N, "rpl_c"); next.N <= stays.N {
		t.Errorf("the next replay has the number %d after %d", next.N, stays.N)
	}
}

// naiveSeqAt looks at every event.
func naiveSeqAt(events []*event.Event, first int64, at time.Time) int64 {
	seq := first - 1
	for _, e := range events {
		if e.Received.Before(at) {
			seq = e.Seq
		}
	}
	return seq
}

func wantSeqAt(t *testing.T, j *Store, at time.Time, want int64) {
	t.Helper()
	if got, err := j.SeqAt(context.Background(), at); err != nil || got != want {
		t.Errorf("SeqAt(%s) = %d, %v; want %d", at, got, err, want)
	}
}

func TestATimesPlaceInTheLog(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	wantSeqAt(t, j, start, 0)
	add(t, j, several(3)...) // 1 to 3, at once
	clock.Advance(time.Minute)
	add(t, j, several(1)...) // 4
	clock.Advance(time.Minute)
	add(t, j, several(4)...) // 5 to 8
	clock.Advance(-time.Hour)
	add(t, j, several(2)...) // 9 and 10: the clock went back, arrival didn't
	clock.Set(start.Add(3 * time.Minute))
	add(t, j, several(1)...) // 11
	for _, tc := range []struct {
		after time.Duration
		want  int64
	}{
		{-time.Hour, 0}, {0, 0}, {time.Nanosecond, 3}, {time.Microsecond, 3}, {time.Minute, 3}, {time.Minute + 1, 4}, {2*time.Minute - 1, 4},
		{2 * time.Minute, 4},
		{2*time.Minute + 1, 10}, {3 * time.Minute, 10}, {3*time.Minute + 1, 11}, {100 * time.Hour, 11},
	} {
		wantSeqAt(t, j, start.Add(tc.after), tc.want)
	}
	wantSeqAt(t, j, start.Add(2*time.Minute).In(time.FixedZone("", 7200)), 4)
	wantSeqAt(t, j, time.Time{}, 0)
	// Removed events are behind every start position.
	clock.Set(start.Add(time.Hour + 2*time.Minute))
	if n := retain(t, j); n != 4 {
		t.Fatalf("%d events went, want 4", n)
	}
	wantSeqAt(t, j, start.Add(-time.Hour), 4)
	wantSeqAt(t, j, start.Add(2*time.Minute), 4)
	wantSeqAt(t, j, start.Add(2*time.Minute+1), 10)
	wantSeqAt(t, j, start.Add(time.Hour), 11)
	clock.Advance(time.Hour)
	retain(t, j)
	for _, at := range []time.Time{{}, start, start.Add(100 * time.Hour)} {
		wantSeqAt(t, j, at, 11) // there is none left
	}
}

func TestATimesPlaceIsWhatLookingAtEveryEventFinds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 60 * time.Second})
	for range 40 {
		add(t, j, several(1+rng.IntN(4))...)
		clock.Advance(time.Duration(rng.IntN(4)) * time.Second) // often not at all
		if rng.IntN(10) == 0 {
			retain(t, j)
		}
	}
	events := all(t, j)
	for s := range 150 {
		at := start.Add(time.Duration(s) * 500 * time.Millisecond)
		wantSeqAt(t, j, at, naiveSeqAt(events, j.First(), at))
	}
}
