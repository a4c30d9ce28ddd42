package web

import (
	"crypto/tls"
	"errors"
	"net"
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
	budget *memory.Budget
	read   atomic.Int64
	paid   atomic.Int64 // bytes read that the budget covers
	noRoom atomic.Bool
	ended  atomic.Bool // nothing is counted any more
}

// count adds n bytes, and reports whether the budget has room. Once it has
// reported false, it counts no more bytes: the rest of the request is read and
// dropped.
func (m *meter) count(n int) bool {
	if m.ended.Load() {
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
	m.read.Store(0)
	if paid := m.paid.Swap(0); paid > 0 {
		m.budget.Give(paid * bodyCost)
	}
}

// metered is a connection with its meter.
type metered interface{ meterOf() *meter }

// meteredConn is a connection whose reads its meter counts.
type meteredConn struct {
	net.Conn
	meter
}

func (c *meteredConn) meterOf() *meter { return &c.meter }

func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.count(n) {
		return 0, errNoRoom
	}
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	c.reset()
	return c.Conn.Write(p)
}

func (c *meteredConn) Close() error {
	c.end()
	return c.Conn.Close()
}

// meteredTLS is meteredConn with the connection state of TLS.
type meteredTLS struct {
	*tls.Conn
	meter
}

func (c *meteredTLS) meterOf() *meter { return &c.meter }

func (c *meteredTLS) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.count(n) {
		return 0, errNoRoom
	}
	return n, err
}

func (c *meteredTLS) Write(p []byte) (int, error) {
	c.reset()
	return c.Conn.Write(p)
}

func (c *meteredTLS) Close() error {
	c.end()
	return c.Conn.Close()
}

// meterConn puts a meter on a connection; none where there is no budget.
func meterConn(conn net.Conn, budget *memory.Budget) net.Conn {
	if budget == nil {
		return conn
	}
	if secure, ok := conn.(*tls.Conn); ok {
		return &meteredTLS{Conn: secure, meter: meter{budget: budget}}
	}
	return &meteredConn{Conn: conn, meter: meter{budget: budget}}
}

// hadNoRoom reports whether a connection's request didn't fit into the budget.
func hadNoRoom(conn net.Conn) bool {
	c, ok := conn.(metered)
	return ok && c.meterOf().noRoom.Load()
}
