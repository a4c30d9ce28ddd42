package memory

import "sync/atomic"

// Budget is a shared number of bytes. Its methods are safe for concurrent use.
// A nil budget has no bound.
type Budget struct {
	most    int64
	used    atomic.Int64
	refused atomic.Int64
}

// NewBudget makes a budget of a number of bytes.
func NewBudget(bytes int64) *Budget { return &Budget{most: bytes} }

// Take takes bytes from the budget. It takes none and reports false where too
// few are left. The caller returns them with Give.
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

// Refused returns how often Take refused.
func (b *Budget) Refused() int64 {
	if b == nil {
		return 0
	}
	return b.refused.Load()
}

// Most returns the size of the budget in bytes; zero for no bound.
func (b *Budget) Most() int64 {
	if b == nil {
		return 0
	}
	return b.most
}
