package webhook

import (
	"math/rand/v2"
	"time"
)

// retryDelays are the waits before the second and each later try, counted
// from the failure before. After the last the delivery is exhausted.
var retryDelays = []time.Duration{
	5 * time.Second, 30 * time.Second,
	2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
}

// maxRetryDelay is the longest of them, spread at its most.
const maxRetryDelay = 12 * time.Hour

// jitter spreads retries by a fifth both ways, so that what failed together
// doesn't come back together.
const jitter = 0.2

// nextTry returns when to try again after the given number of failed tries,
// the last of which ended at failed; false when there is no further one.
func nextTry(failed time.Time, tries int) (time.Time, bool) {
	if tries < 1 || tries > len(retryDelays) {
		return time.Time{}, false
	}
	return failed.Add(spread(retryDelays[tries-1])), true
}

// A lane is failing once this many attempts in a row have failed, whichever
// events they were for; it then stops sending and probes.
const failingAfter = 10

// failingAfterOrdered is the same for an ordered lane, in which a single event
// stands for all: waiting for its ninth try would take a day.
const failingAfterOrdered = 3

// Probes of a failing endpoint: each waits twice as long as the one before.
const (
	firstProbe = 5 * time.Second
	maxProbe   = 5 * time.Minute
)

// probeDelay returns the wait before the probe that follows n failed ones.
func probeDelay(n int) time.Duration {
	return spread(min(firstProbe<<min(n, 10), maxProbe))
}

func spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64()))
}
