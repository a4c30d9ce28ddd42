package worker

import (
	"fmt"
	"testing"
	"time"

	"postern/internal/event"
)

func TestStormRemembersABoundedNumber(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	about := func(i int) *event.Event {
		return &event.Event{Type: event.FaceMatched, Camera: fmt.Sprint(i), Data: []byte("{}")}
	}
	s := dedupWindow{window: time.Minute}
	for i := range 3 * maxDedupKeys {
		if _, ok := s.pass(about(i), now); !ok {
			t.Fatalf("event %d, the first of its kind, was held back", i)
		}
		if len(s.seen) > maxDedupKeys {
			t.Fatalf("%d kinds are remembered", len(s.seen))
		}
	}
	// Where windows have ended, the others are not forgotten.
	s = dedupWindow{window: time.Minute}
	for i := range maxDedupKeys {
		s.pass(about(i), now.Add(time.Duration(i/(maxDedupKeys/2))*30*time.Second))
	}
	later := now.Add(70 * time.Second)
	s.pass(about(-1), later)
	if n := len(s.seen); n != maxDedupKeys/2+1 {
		t.Errorf("%d kinds are remembered, want half of them", n)
	}
	if _, ok := s.pass(about(maxDedupKeys-1), later); ok {
		t.Error("a window that goes on was forgotten")
	}
}
