package worker

import (
	"testing"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
)

// A time in which Postern doesn't run is noticed by either clock; a short one,
// and a wall clock that is set back, are none.
func TestHeartbeat_beat(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	for name, tc := range map[string]struct {
		last, now time.Time
		suspended bool
	}{
		"at once":                   {begin, begin, false},
		"a beat":                    {begin, begin.Add(BeatEvery), false},
		"a late beat":               {begin, begin.Add(SuspendedAfter - 1), false},
		"a stopped process":         {begin, begin.Add(SuspendedAfter), true},
		"a suspended machine":       {begin.Round(0), begin.Round(0).Add(25 * time.Second), true},
		"a clock that was set back": {begin.Round(0), begin.Round(0).Add(-time.Hour), false},
	} {
		h := Heartbeat{log: loggerForTests}
		if ended := h.beat(tc.now); !ended.IsZero() {
			t.Errorf("%s: suspended before it runs", name)
		}
		h.Set(tc.last)
		ended := h.beat(tc.now)
		if got := ended.Equal(tc.now) && !ended.IsZero(); got != tc.suspended {
			t.Errorf("%s: suspended %t, want %t", name, got, tc.suspended)
		}
		if got := h.interrupted(send.Result{At: tc.now.Add(-time.Second), Class: delivery.ClassTimeout}); tc.suspended && !got {
			t.Errorf("%s: an attempt in flight isn't interrupted", name)
		}
	}
}
