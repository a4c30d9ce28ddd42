// Package accounts stores accounts, keys and sessions.
//
// It promises that a change and the audit entries that record it are one transaction
// (Store.Change), that passwords, keys and sessions' ids are stored as hashes only, and
// that a camera scope that can't be read is an error and never all cameras.
//
// It refuses to decide who may do what, and to know when a session or key expires:
// internal/access does both.
package accounts
