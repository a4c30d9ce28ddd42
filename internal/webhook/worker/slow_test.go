package worker

import (
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/send"
)

// slowWorker has delivered n events, each in some time.
func slowWorker(now time.Time, n int, took time.Duration) *Worker {
	w := new(Worker)
	for range n {
		w.hours.Note(now, took, true)
	}
	return w
}

func delivered(at time.Time, took time.Duration) *send.Result {
	return &send.Result{At: at, Duration: took, Status: 200, Timeline: new(delivery.Timeline)}
}

func TestSlowRule_GoesByTheWebhooksOwnPercentile(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	for _, tc := range []struct {
		usual, took time.Duration
		slow        bool
	}{
		{5 * time.Millisecond, 90 * time.Millisecond, false}, // far above its usual, and still quick
		{5 * time.Millisecond, 100 * time.Millisecond, true},
		{200 * time.Millisecond, 300 * time.Millisecond, false},
		{200 * time.Millisecond, 600 * time.Millisecond, true},
		{30 * time.Second, 1100 * time.Millisecond, true}, // always slow
		{0, 900 * time.Millisecond, false},                // nothing is usual yet
		{0, time.Second, true},
	} {
		n := 100
		if tc.usual == 0 {
			n = 0
		}
		if got := slowWorker(now, n, tc.usual).keepsTimeline(delivered(now, tc.took)); got != tc.slow {
			t.Errorf("%v, where %v is usual: %t", tc.took, tc.usual, got)
		}
	}
}

func TestSlowRule_KeepsAFewAMinuteAndEveryFailure(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	w := slowWorker(now, 0, 0)
	kept := 0
	for i := range 100 {
		if w.keepsTimeline(delivered(now.Add(time.Duration(i)*time.Second), 2*time.Second)) {
			kept++
		}
	}
	if kept != 2*slowPerMinute {
		t.Errorf("%d of two minutes' slow deliveries are kept, want %d", kept, 2*slowPerMinute)
	}
	failed := delivered(now.Add(99*time.Second), time.Millisecond)
	failed.Class = delivery.ClassStatus
	if !w.keepsTimeline(failed) {
		t.Error("a failure's timeline isn't kept")
	}
	if failed.Timeline = nil; w.keepsTimeline(failed) {
		t.Error("a timeline that isn't there is kept")
	}
}
