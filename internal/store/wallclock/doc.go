// Package wallclock guards against a wall clock that jumps. It trusts the wall
// clock only while that agrees with the monotonic clock: a clock that jumps a month
// ahead for half a minute would otherwise make retention remove everything that is
// kept for a month.
//
// It promises that while the wall clock is in doubt, Before returns a time before
// which nothing is too old, and that times of arrival go on from the last trusted
// time. After a jump the clock is in doubt until both clocks agree for an hour, the
// wall clock is back, or a person confirms it.
//
// It refuses I/O: the store saves what Saved returns, and hands it to Resume at the
// next start.
package wallclock
