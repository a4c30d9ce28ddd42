// Package silence owns silences: for a time, or every week, events that match raise
// no alert and no sound. They are stored, shown and, where a webhook wants them,
// delivered all the same.
//
// It refuses I/O and clocks: the time is an argument.
package silence
