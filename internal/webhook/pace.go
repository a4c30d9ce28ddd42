package webhook

import "time"

// pace spaces an endpoint's requests evenly: a rate of 10 a second is one
// every 100 ms, never ten at once. The zero pace sets no limit.
type pace struct {
	every time.Duration
	next  time.Time
}

// newPace returns the pace of a number of requests a second.
func newPace(perSecond float64) pace {
	if perSecond <= 0 {
		return pace{}
	}
	return pace{every: time.Duration(float64(time.Second) / perSecond)}
}

// take counts a request that starts now.
func (p *pace) take(now time.Time) {
	if p.every == 0 {
		return
	}
	// A timer that fires late by less than a request's share is made up
	// for, so that the rate is held; longer idleness earns no burst.
	if p.next.Before(now.Add(-p.every)) {
		p.next = now
	}
	p.next = p.next.Add(p.every)
}
