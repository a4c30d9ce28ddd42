// Package erasure removes the data of a person.
//
// # Owns
//
// The tables erasing (erasures under way) and erasures (complete ones, with a keyed digest
// of the identity), and the goroutine that carries out erasures (Eraser.Run).
//
// # Promises
//
// An accepted erasure outlives a crash. It overwrites the events in place with a tombstone
// of the same length, removes their snapshots, and overwrites the receivers' answers about them, and their texts in the search
// index, in small steps between other commits. It is complete once the write-ahead log is
// empty as well, so that no byte of the person is left in the files. Readers that may hold
// a copy in memory are told after each step (eventlog.Log.OnRedacted).
//
// The identity is encrypted while the erasure is under way. Afterwards only its digest is
// kept.
//
// # Refuses
//
// An erasure of an event under a legal hold. Backups that were made before: an operator
// erases again after a restore.
package erasure
