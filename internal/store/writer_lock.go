package store

// writerLock is a mutex that hands over to its waiters in the order of their
// arrival: a caller that commits back to back doesn't overtake the others. It
// is a channel, so that a test with a fake clock can wait for it.
type writerLock chan struct{}

func newWriterLock() writerLock { return make(writerLock, 1) }

func (l writerLock) Lock() { l <- struct{}{} }

func (l writerLock) Unlock() { <-l }
