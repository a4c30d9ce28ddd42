package worker

import (
	"testing"
	"time"
)

func TestConcurrencyLimiter_HalvesOnceForRequestsInFlightTogether(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	w := newConcurrencyLimiter(32)
	for i := range 32 {
		w.slowDown(start, start.Add(time.Duration(i)*time.Second), 0)
	}
	if w.size() != 16 || !w.until.Equal(start.Add(32*time.Second)) {
		t.Errorf("%d at once from %v on", w.size(), w.until)
	}
	for want := range 8 { // each told again when the pause was over
		began := w.until
		w.slowDown(began, began.Add(time.Second), time.Minute)
		if got := max(1, 8>>want); w.size() != got || !w.until.Equal(began.Add(time.Minute+time.Second)) {
			t.Errorf("%d at once from %v on, want %d", w.size(), w.until, got)
		}
	}
	for range 1000 {
		w.succeeded()
	}
	if w.size() != 32 {
		t.Errorf("%d at once after a thousand successes", w.size())
	}
}
