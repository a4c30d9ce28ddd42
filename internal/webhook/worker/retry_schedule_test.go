package worker

import (
	"testing"
	"time"
)

var someTime = time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)

// designedDelays are the design's own words.
var designedDelays = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour}

// within reports whether d is want give or take a fifth.
func within(d, want time.Duration) bool {
	return d >= want*8/10 && d <= want*12/10
}

func TestRetriesFollowTheSchedule(t *testing.T) {
	t.Parallel()
	for attempts, want := range designedDelays {
		low, high := time.Duration(1<<62), time.Duration(0)
		for range 2000 {
			d := nextAttempt(someTime, attempts+1).Sub(someTime)
			if !within(d, want) {
				t.Fatalf("after %d failures the wait is %v, want %v give or take a fifth", attempts+1, d, want)
			}
			low, high = min(low, d), max(high, d)
		}
		// Deliveries that failed together must not be retried together.
		if low > want*82/100 || high < want*118/100 {
			t.Errorf("after %d failures the waits are %v to %v: they don't spread", attempts+1, low, high)
		}
	}
	if wait := nextAttempt(someTime, 100).Sub(someTime); !within(wait, 10*time.Hour) {
		t.Errorf("after 100 attempts without an answer the wait is %v, want the longest", wait)
	}
}

func TestProbesComeEverMoreSeldomWithinABound(t *testing.T) {
	t.Parallel()
	for n, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second,
		80 * time.Second, 160 * time.Second,
		5 * time.Minute, 5 * time.Minute, 5 * time.Minute, 5 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
		for range 200 {
			if d := probeDelay(n); !within(d, want) {
				t.Fatalf("after %d failed probes the wait is %v, want %v give or take a fifth", n, d, want)
			}
		}
	}
	for _, n := range []int{63, 64, 1000, 1 << 40} {
		if d := probeDelay(n); !within(d, MaxProbe) {
			t.Errorf("after %d failed probes the wait is %v", n, d)
		}
	}
}
