package eventtest

import (
	"sync/atomic"
	"time"

	"postern/internal/event"
)

// Start is when the tests' clocks begin, and the time of their events.
var Start = time.Date(2026, 3, 19, 10, 32, 15, 123456000, time.UTC)

// Clock is a clock that a test sets. Its methods are safe for concurrent use.
type Clock struct{ us atomic.Int64 }

// NewClock returns a clock that stands at Start.
func NewClock() *Clock {
	c := new(Clock)
	c.Set(Start)
	return c
}

// Now is what a test hands to the code in place of time.Now.
func (c *Clock) Now() time.Time { return event.FromMicro(c.us.Load()) }

// Set sets the clock, to the microsecond.
func (c *Clock) Set(t time.Time) { c.us.Store(t.UnixMicro()) }

// Advance moves the clock; a negative d moves it back.
func (c *Clock) Advance(d time.Duration) { c.us.Add(d.Microseconds()) }
