// Package deliveries stores endpoints with their secrets, and the progress of their
// deliveries: cursors, pending deliveries, attempts, replays, and changes of state.
//
// # Owns
//
// The tables endpoints (endpoint.go, secrets.go), pending, attempts (attempt_rows.go,
// attempt_codec.go), replays, and state_changes with its outbox of announcements
// (announcements.go).
//
// # Promises
//
// A change is on disk (fsync) when its method returns. The Settlement of a delivery
// worker shares the commit of the next append (Settle), so that an attempt costs no
// fsync of its own. The commit that appends an announcement's event takes the
// announcement out of the outbox (MarkAnnounced). A change with an Idempotency-Key
// and its request are in one commit.
//
// Secrets are encrypted, and their rows go with the endpoint. The attempts of a
// removed endpoint stay until retention (RemoveOld). An erasure overwrites in place
// the receivers' responses to the event (RedactAttempts).
//
// # Refuses
//
// Policy: when a delivery is retried, when an endpoint fails, what is announced.
// Package worker and package webhook decide that.
//
// Of the table events it reads ids, types and tombstones alone (events.go).
package deliveries
