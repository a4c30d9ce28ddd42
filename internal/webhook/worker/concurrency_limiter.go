package worker

import "time"

// slowDownFor is the least wait after a receiver said that it is too busy.
const SlowDownFor = time.Second

// window is how many requests may be in flight at once. A receiver that says
// it is too busy (429, 503) halves it and gets a pause; each success opens it
// a little, as TCP does.
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

// slowDown takes a receiver's word that it is too busy, and how long it asked
// to be left alone. Several such responses to requests that were open at the
// same time count as one: the requests all began before the pause that the
// first response caused.
func (c *concurrencyLimiter) slowDown(began, ended time.Time, retryAfter time.Duration) {
	if !began.Before(c.until) {
		c.now = max(1, c.now/2)
	}
	c.until = later(c.until, ended.Add(max(retryAfter, SlowDownFor)))
}
