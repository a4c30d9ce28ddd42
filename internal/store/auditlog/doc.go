// Package auditlog is the audit log: which account, key or command did what, as a chain
// of hashes.
//
// # Owns
//
// The tables audit and audit_head. An entry's hash is the SHA-256 of the hash before it
// and of all the entry's fields (entry.go). The head says where the chain begins and
// ends, and is signed with a key that is not in the file (head.go).
//
// # Promises
//
// Verify finds every change: an entry that was changed, removed, added or moved breaks
// the hash of the next one, and an end that was cut off doesn't fit the signed head. A
// whole folder that was put back to an earlier state shows where the number and the hash
// of an entry were noted elsewhere (Report.Head and Hash).
//
// An entry is appended in the transaction of the change that it records: both are
// committed, or neither. Retention removes entries from the beginning only, and appends
// an entry that says so. It checks the entries that it is about to remove, and removes none
// where their chain is broken.
//
// # Refuses
//
// Policy: which actions are recorded, in which words, and for how long. internal/access
// decides that.
package auditlog
