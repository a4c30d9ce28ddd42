// Package shift divides days into shifts: the times of day at which one begins.
//
// It promises that shifts follow the clocks of a zone, also on the days on which they
// change. It does no I/O and reads no clock.
package shift
