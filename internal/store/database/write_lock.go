package database

import "sync/atomic"

// writeLock is a mutex that hands over to its waiters in the order of their
// arrival: a caller that commits back to back doesn't overtake the others. It
// is a channel, so that a test with a fake clock can wait for it.
type writeLock struct {
	held      chan struct{}
	appending *atomic.Int64 // appends that wait for it
}

func newWriteLock() writeLock {
	return writeLock{held: make(chan struct{}, 1), appending: new(atomic.Int64)}
}

// Lock takes the write lock, for a caller that does more with it than one
// transaction. All others use Write.
func (db *DB) Lock() { db.writer.lock.held <- struct{}{} }

// Unlock releases the write lock.
func (db *DB) Unlock() { <-db.writer.lock.held }

// LockToAppend takes the write lock for an append. While one waits, changes that
// share commits (WriteShared) leave the commit to it.
func (db *DB) LockToAppend() {
	l := db.writer.lock
	l.appending.Add(1)
	l.held <- struct{}{}
	l.appending.Add(-1)
}

// appendWaits reports whether an append waits for the lock.
func (l writeLock) appendWaits() bool { return l.appending.Load() > 0 }
