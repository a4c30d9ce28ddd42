package worker

import (
	"math/rand/v2"
	"time"
)

// RetryDelays are the waits before the second and each later attempt, counted
// from the failure before. After the last one the delivery is exhausted.
var RetryDelays = []time.Duration{
	5 * time.Second, 30 * time.Second,
	2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
}

// maxRetryDelay is the longest of them, with jitter.
const maxRetryDelay = 12 * time.Hour

// jitter spreads retries by a fifth both ways, so that events that failed
// together aren't all retried together.
const jitter = 0.2

// nextAttempt returns the time of the next attempt after the given number of failed
// attempts (at least one), the last of which ended at failed. From the ninth on
// the longest wait applies.
func nextAttempt(failed time.Time, attempts int) time.Time {
	return failed.Add(spread(RetryDelays[min(max(attempts, 1), len(RetryDelays))-1]))
}

// Probes of a failing endpoint: each waits twice as long as the one before.
const (
	FirstProbe = 5 * time.Second
	MaxProbe   = 5 * time.Minute
)

// probeDelay returns the wait before the probe that follows n failed ones.
func probeDelay(n int) time.Duration {
	return spread(min(FirstProbe<<min(n, 10), MaxProbe))
}

func spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64()))
}
