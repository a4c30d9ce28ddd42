// Package store is the log of events, and opens the rooms that share its database.
//
// # Owns
//
// Append (append.go, duplicates.go), retention (one file a rule, from retention.go on), and
// what the search index and the counters are made of at a start (segments.go). Its rooms are
// packages of their own: database (the data folder, its writer and group commit), eventlog
// (reads and search), segment (the search index), counters, alerts, cameras, legalhold,
// erasure, accounts (with keys and sessions), auditlog, deliveries (endpoints, attempts,
// replays), requests (those with an Idempotency-Key), wallclock, eventrow, backup, salvage
// and verify.
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
// while the store is in use (segments.go).
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
