package worker

import "time"

// SlowDownFor is the minimum pause after a receiver answered 429 or 503.
const SlowDownFor = time.Second

// concurrencyLimiter bounds the requests in flight. A receiver that is too busy
// (429, 503) halves the limit and gets a pause; each success raises it a
// little, as TCP does.
type concurrencyLimiter struct {
	most  int
	now   float64
	until time.Time // nothing is sent before
}

func newConcurrencyLimiter(most int) concurrencyLimiter {
	return concurrencyLimiter{most: most, now: float64(most)}
}

func (c *concurrencyLimiter) size() int { return max(1, min(c.most, int(c.now))) }

func (c *concurrencyLimiter) succeeded() { c.now = min(float64(c.most), c.now+1/c.now) }

// slowDown handles an answer of 429 or 503 with its Retry-After. The answers to
// requests that were in flight together count as one: all of them began before
// the pause that the first answer caused.
func (c *concurrencyLimiter) slowDown(began, ended time.Time, retryAfter time.Duration) {
	if !began.Before(c.until) {
		c.now = max(1, c.now/2)
	}
	c.until = later(c.until, ended.Add(max(retryAfter, SlowDownFor)))
}
