package worker

import "time"

// pace spaces an endpoint's requests evenly: a rate of 10 a second is one
// every 100 ms, never ten at once. The zero pace sets no limit.
type rateLimiter struct {
	every time.Duration
	next  time.Time
}

// newPace returns the pace of a number of requests a second.
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
	// A timer that fires late by less than a request's share is made up
	// for, so that the rate is held; longer idleness earns no burst.
	if r.next.Before(now.Add(-r.every)) {
		r.next = now
	}
	r.next = r.next.Add(r.every)
}
