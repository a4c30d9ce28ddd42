// Package retention removes what a store doesn't keep.
//
// # Owns
//
// The policy (Policy), and the rules that carry it out, one file each: the oldest events,
// while they are too old (by_age.go) or the file is too large (by_size.go), which oldest.go
// removes; the events of a type that is kept for a shorter time (by_type.go); attempts
// (attempts.go); snapshots, which are kept for a shorter time than their events
// (snapshots.go). With them go the copies of released holds, and expired requests.
//
// # Promises
//
// It works in small steps, each in a commit of its own, with pauses between them. A step
// removes an event's row, its part of the search index, its alerts and its exhausted
// deliveries, and copies an event under a legal hold, in one transaction. Removed rows are
// overwritten. The counts of removed events stay in the counters. While the clock is in
// doubt, nothing is removed by its age.
//
// # Refuses
//
// To decide when it runs: the store calls it every half minute, and when the file is too
// large.
package retention
