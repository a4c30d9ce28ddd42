// Package store owns the data folder: one SQLite file, its schema and
// migrations, the writer that commits in groups, and every query.
//
// It promises that what a method has written is on disk (fsync) when the
// method returns, that sequence numbers have no gaps and are never used
// twice, and that one process at a time appends events.
//
// One writer at a time holds the connection that writes. Appended events and
// the workers' settlements share its commits (settler.go): a settlement waits
// for an append, since either costs an fsync and the two together cost one,
// and the longer the slower the disk is. A large one goes at once. Readers have
// connections of their own and never wait for the writer (WAL).
//
// The search index (package segment) tells a search which segments of 8,192
// sequence numbers, and which of their events, may match. The counters (package
// counters) count events when they arrive, so that charts and totals read no
// event. Both are saved with each full segment, and can be made again from the
// events. A start loads the newest segments, and the older ones while the store is
// in use (segments.go).
//
// An erasure overwrites events in place, and takes their texts out of the
// indexes, in steps, and ends with the -wal file empty; the row that says what
// is to be done outlives a crash.
//
// Webhooks' secrets are encrypted with a key that is not in the file, and what
// is removed is overwritten. Passwords, keys and sessions' ids are there as
// hashes only. The audit is a chain of hashes whose ends are signed.
//
// A request with an Idempotency-Key is stored with its answer in the commit of
// its change (requests.go).
//
// One process has the folder at a time. A command opens it for accounts, keys and
// the audit alone, while no Postern runs (OpenForCommand).
//
// It refuses policy: what a retry is, when an endpoint fails, who may read.
// It knows columns.
package store
