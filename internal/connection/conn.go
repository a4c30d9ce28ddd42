package connection

import (
	"container/list"
	"crypto/tls"
	"net"
	"sync/atomic"
)

// Conn is a connection that a limiter has accepted. It counts the bytes of its
// request towards the budget for bodies. The methods Begin, Authenticate and
// End tell the limiter what the server does with it; they do nothing on a nil
// Conn.
type Conn struct {
	net.Conn
	meter
	limiter *Limiter
	client  *client

	authenticated atomic.Bool // a request of it was; changed under mu
	phase         atomic.Int32

	// The limiter's mu guards these.
	counted  bool          // among the open connections
	inAll    *list.Element // of the limiter's waiting list
	inClient *list.Element // of the client's
}

// Phases of a connection.
const (
	waiting  = iota // for a request, or for the rest of one
	handling        // a request; or the connection has been taken over by a websocket
	answered        // the handler has returned, and the answer may still be under way
)

// secureConn is a Conn over TLS, with the methods that a server looks for.
type secureConn struct {
	*Conn
	tls *tls.Conn
}

func (c *secureConn) Handshake() error                     { return c.tls.Handshake() }
func (c *secureConn) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }

// Of returns the Conn that a server handles; nil for a connection that no
// limiter has accepted.
func Of(conn net.Conn) *Conn {
	switch c := conn.(type) {
	case *Conn:
		return c
	case *secureConn:
		return c.Conn
	}
	return nil
}

// Begin reports whether a request may be handled: not on a connection that was
// displaced or closed meanwhile.
func (c *Conn) Begin() bool {
	if c == nil {
		return true
	}
	return c.limiter.begin(c)
}

// Authenticate notes that a request on the connection is not anonymous.
func (c *Conn) Authenticate() {
	if c != nil && !c.authenticated.Load() {
		c.limiter.authenticate(c)
	}
}

// End notes that a request was handled. A connection that was taken over, as by
// a websocket, goes on being handled until it is closed.
func (c *Conn) End(takenOver bool) {
	if c != nil && !takenOver {
		c.phase.Store(answered)
	}
}

// Read reads from the client. The first read after an answer begins the wait
// for the next request.
func (c *Conn) Read(p []byte) (int, error) {
	if c.phase.CompareAndSwap(answered, waiting) && !c.authenticated.Load() {
		c.limiter.wait(c)
	}
	n, err := c.Conn.Read(p)
	if !c.count(n) {
		return 0, errNoRoom
	}
	return n, err
}

func (c *Conn) Write(p []byte) (int, error) {
	c.reset()
	return c.Conn.Write(p)
}

// Close closes the connection and makes room for another. There is room before
// the client sees the end, since it may come back at once.
func (c *Conn) Close() error {
	c.end()
	c.limiter.closed(c)
	return c.Conn.Close()
}

// HadNoRoom reports whether the connection's request didn't fit into the budget
// for bodies.
func (c *Conn) HadNoRoom() bool { return c != nil && c.noRoom.Load() }

// Discard notes that the rest of the request is read and dropped: it takes no
// memory.
func (c *Conn) Discard() {
	if c != nil {
		c.end()
	}
}

// cut closes the connection without the goodbye of TLS, which would wait for
// the client.
func cut(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	_ = conn.Close()
}
