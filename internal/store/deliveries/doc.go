// Package deliveries stores endpoints with their secrets, and the progress of their
// deliveries: cursors, pending deliveries, attempts, replays, and changes of state.
//
// # Owns
//
// The tables endpoints (endpoint.go, secrets.go), settings_versions (versions.go), pending,
// unsent (unsent.go), attempts (attempt_rows.go, attempt_codec.go), replays with those of
// recoveries (recoveries.go, undelivered.go), and state_changes with its outbox of
// announcements (announcements.go).
//
// # Promises
//
// A change is on disk (fsync) when its method returns. The Settlement of a delivery
// worker shares the commit of the next append (Settle), and has one of its own where it is
// large, or no append follows soon. The commit that appends an announcement's event takes the
// announcement out of the outbox (MarkAnnounced). A change with an Idempotency-Key
// and its request are in one commit.
//
// Secrets are encrypted, and removed with the endpoint. The row and the attempts of a
// removed endpoint stay until retention (RemoveOld). An erasure overwrites in place
// the receivers' responses to the event (RedactAttempts).
//
// # Refuses
//
// Policy: when a delivery is retried, when an endpoint fails, what is announced.
// Package worker and package webhook decide that.
//
// Of the table events it reads ids and types, and whether an event is there or erased
// (events.go, pending.go); of the table meta, up to which number events were removed.
package deliveries
