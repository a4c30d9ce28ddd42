package connection

import (
	"errors"
	"sync/atomic"

	"postern/internal/memory"
)

// Bounds of a request's use of the budget for bodies.
const (
	// freeRequestBytes of every request don't count, so large requests can't
	// block small ones.
	freeRequestBytes = 64 << 10
	// bodyCost is the number of bytes of memory that a byte of a body takes
	// until it is stored: in the buffer, in its events, and in the database's
	// pages.
	bodyCost = 4
	// bodyStep is the number of bytes of a body that are taken from the budget
	// at once.
	bodyStep = 256 << 10
)

// errNoRoom means that a connection's request doesn't fit into the budget; the
// connection ends.
var errNoRoom = errors.New("the memory for large requests is taken")

// meter counts the bytes that a connection has read since its last write: the
// request in memory. Bytes beyond freeRequestBytes are taken from the budget,
// and returned when the answer begins or the connection ends.
type meter struct {
	budget *memory.Budget // nil has no bound
	read   atomic.Int64
	paid   atomic.Int64 // bytes read that the budget covers
	noRoom atomic.Bool
	ended  atomic.Bool // nothing is counted any more
}

// count adds n bytes, and reports whether the budget has room. Once it has
// reported false, it counts no more bytes: the rest of the request is read and
// dropped.
func (m *meter) count(n int) bool {
	if m.budget == nil || m.ended.Load() {
		return true
	}
	read := m.read.Add(int64(n))
	for due := read - freeRequestBytes - m.paid.Load(); due > 0; due -= bodyStep {
		if !m.budget.Take(bodyStep * bodyCost) {
			m.noRoom.Store(true)
			m.end()
			return false
		}
		m.paid.Add(bodyStep)
	}
	if m.ended.Load() {
		m.reset() // it was closed meanwhile
	}
	return true
}

// end returns the taken bytes to the budget and ends the counting: the
// connection is closed, or the rest of its request is read and dropped.
func (m *meter) end() {
	m.ended.Store(true)
	m.reset()
}

// reset returns the taken bytes to the budget.
func (m *meter) reset() {
	if m.budget == nil {
		return
	}
	m.read.Store(0)
	if paid := m.paid.Swap(0); paid > 0 {
		m.budget.Give(paid * bodyCost)
	}
}
