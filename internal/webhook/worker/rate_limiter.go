package worker

import "time"

// rateLimiter spaces an endpoint's requests evenly: a rate of 10 a second is
// one every 100 ms, never ten at once. The zero rateLimiter sets no limit.
// Unlike golang.org/x/time/rate with a burst of one, it makes up for a timer
// that fires late, so that the rate is held.
type rateLimiter struct {
	every time.Duration
	next  time.Time
}

// newRateLimiter returns the limiter of a number of requests a second.
func newRateLimiter(perSecond float64) rateLimiter {
	if perSecond <= 0 {
		return rateLimiter{}
	}
	return rateLimiter{every: time.Duration(float64(time.Second) / perSecond)}
}

// take counts a request that starts now.
func (r *rateLimiter) take(now time.Time) {
	if r.every == 0 {
		return
	}
	// Lateness of less than one interval is made up for; longer idleness
	// earns no burst.
	if r.next.Before(now.Add(-r.every)) {
		r.next = now
	}
	r.next = r.next.Add(r.every)
}
