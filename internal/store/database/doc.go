// Package database owns the data folder: its lock, the SQLite file with its
// schema, the connection that writes and those that read.
//
// # Promises
//
// One process at a time has the folder (folder_lock.go). When Write or Commit
// returns nil, the change is on disk (fsync); when it returns an error, nothing
// of the change is kept. A change waits for its turn at the write lock, which is
// handed over in the order of arrival. Readers have connections of their own and
// never wait for the writer (WAL).
//
// A change that may wait shares the commit of another one (WriteShared in
// group_commit.go), since each commit costs an fsync.
//
// The write-ahead log is moved into the file by checkpoints that the writer runs
// itself, so that a failure is noticed (checkpoint.go). A part of the disk is
// held in reserve for everything but events (reserve.go). A file that was removed
// or replaced while it was open ends all writing, before events are accepted that
// no restart would find (watched_files.go). Lasting faults are troubles
// (trouble.go).
//
// # Refusals
//
// It knows the schema as text alone (migrate.go): no table and no column. It
// doesn't know what an event is, nor who may read.
package database
