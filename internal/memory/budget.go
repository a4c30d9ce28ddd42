package memory

import "sync/atomic"

// Budget is a number of bytes that many share. Its methods are safe for
// concurrent use. A nil budget has no bound.
type Budget struct {
	most    int64
	used    atomic.Int64
	refused atomic.Int64
}

// NewBudget makes a budget of so many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{most: bytes} }

// Take takes bytes, and reports false, having taken none, where they aren't
// there. The caller gives back what it took.
func (b *Budget) Take(bytes int64) bool {
	if b == nil {
		return true
	}
	if b.used.Add(bytes) > b.most {
		b.used.Add(-bytes)
		b.refused.Add(1)
		return false
	}
	return true
}

// Give gives bytes back.
func (b *Budget) Give(bytes int64) {
	if b != nil && b.used.Add(-bytes) < 0 {
		panic("memory: more given back than taken")
	}
}

// Used returns how many bytes are taken, and Refused how often Take refused.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// Refused returns how often bytes weren't there.
func (b *Budget) Refused() int64 {
	if b == nil {
		return 0
	}
	return b.refused.Load()
}

// Most returns the whole budget in bytes; zero for no bound.
func (b *Budget) Most() int64 {
	if b == nil {
		return 0
	}
	return b.most
}
