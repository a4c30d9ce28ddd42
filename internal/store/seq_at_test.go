package store

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
)

func wantSeqAt(t *testing.T, j *Store, at time.Time, want int64) {
	t.Helper()
	if got, err := j.SeqAt(context.Background(), at); err != nil || got != want {
		t.Errorf("SeqAt(%s) = %d, %v; want %d", at, got, err, want)
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
	fullrun.Only(t)
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
