// Package store owns the data folder: one SQLite file, its schema and
// migrations, the writer that commits in groups, and every query.
//
// It promises that what a method has written is on disk (fsync) when the
// method returns, that sequence numbers have no gaps and are never used
// twice, and that one process at a time appends events.
//
// One writer at a time holds the connection that writes. Appended events and
// the lanes' settlements share its commits (settler.go): a settlement waits
// for an append, since either costs an fsync and the two together cost one,
// and the longer the slower the disk is. A large one goes at once. Readers have
// connections of their own and never wait for the writer (WAL).
//
// Of each stretch of the log (8192 events) it keeps in memory, and in the file
// once the stretch is full, what rules it out for a search (times, types, the
// runs of bytes that occur) and what arrived when, by type and camera. Of the
// stretches that are left, an index in the file says which events have a text,
// source, camera or type, so that a search reads those alone; charts and counts
// read no event at all. All of it can be made again from the events. A start
// reads what the file has of the newest stretches, and the rest while the log
// is in use already.
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
// Accounts, keys, sessions and the audit may be changed by another process
// beside the one that has the folder (OpenBeside); each change is a commit of
// its own, for which the writer gives way (turn), and AccessVersion tells of
// it. Nothing else may.
//
// It refuses policy: what a retry is, when an endpoint fails, who may read.
// It knows columns.
package store
