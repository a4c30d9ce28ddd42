// Package store is the log of events, and opens the rooms that share its database.
//
// # Owns
//
// Append (append.go, duplicates.go, producers.go), and the state between a start and the next:
// the clock (clock.go), downtimes (downtime.go), the key (key_check.go). Run calls retention
// and maintains the data folder (run.go).
//
// Its rooms are packages of their own: database (the data folder, its writer and group
// commit), eventlog (reads and search), indexer, segment (the search index), counters,
// retention, legalhold, erasure, alerts, cameras, accounts (with keys and sessions), auditlog,
// deliveries (endpoints, attempts, replays), snapshots, requests (those with an Idempotency-Key),
// wallclock, eventrow, backup, salvage and verify. A caller uses a room itself, by a field of
// Store. The log's reads are methods of Store too (eventlog.Log is embedded), since the hub
// needs one log that appends and reads.
//
// # Promises
//
// A change is on disk (fsync) when its method returns. Sequence numbers are given in
// the order of the commits and never twice. One process at a time has the folder; a
// command opens it for accounts, keys and the audit alone while no Postern runs
// (OpenForCommand).
//
// The attempts of delivery workers share the commit of the next append, since each
// commit costs an fsync (deliveries.Settle, database.WriteShared). Readers never wait
// for the writer.
//
// The search index tells a search which segments of 8,192 sequence numbers, and which
// of their events, may match. The counters count events when they arrive, so that
// charts and totals read no event. Both are saved with each full segment, and can be
// made again from the events. A start loads the newest segments, and the older ones
// while the store is in use (indexer).
//
// Removed rows are overwritten.
//
// Webhooks' secrets are encrypted with a key that is not in the file. A request with an
// Idempotency-Key is stored with its answer in the commit of its change.
//
// # Refuses
//
// Policy: when a delivery is retried, when an endpoint fails, who may read. It knows
// columns.
package store
