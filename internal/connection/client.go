package connection

import (
	"container/list"
	"net"
	"net/netip"
	"time"

	"postern/internal/access"
)

// Bounds of the memory of clients that have authenticated.
const (
	rememberFor   = 24 * time.Hour // after their last connection
	maxRemembered = 4096
)

// client is one client address, counted with its network, or all trusted
// proxies together. The limiter's mu guards it.
type client struct {
	network       netip.Prefix
	trusted       bool       // the proxies: exempt from the limit per client
	open          int        // connections
	authenticated int        // connections that have authenticated
	left          time.Time  // when the last of those ended
	waiting       *list.List // of *Conn, the longest wait first
	remembered    *list.Element
}

// recent reports whether the client has authenticated lately.
func (c *client) recent(now time.Time) bool {
	return c.trusted || c.authenticated > 0 || !c.left.IsZero() && now.Sub(c.left) < rememberFor
}

// clientAt returns the client of an address, made if need be. The caller holds
// mu.
func (l *Limiter) clientAt(at netip.Addr) *client {
	if l.trusted(at) {
		return l.proxies
	}
	network := access.Network(at)
	c := l.clients[network]
	if c == nil {
		c = &client{network: network, waiting: list.New()}
		l.clients[network] = c
	}
	return c
}

// leave counts the end of a connection, and forgets a client without
// connections unless it has authenticated. The caller holds mu.
func (l *Limiter) leave(conn *Conn, now time.Time) {
	c := conn.client
	c.open--
	if conn.authenticated.Load() {
		c.authenticated--
		c.left = now
		l.remember(c, now)
	}
	if c.open == 0 && c.remembered == nil && !c.trusted {
		delete(l.clients, c.network)
	}
}

// remember keeps a client that has authenticated, and forgets those that left
// long ago or are too many. The caller holds mu.
func (l *Limiter) remember(c *client, now time.Time) {
	if c.trusted {
		return
	}
	if c.remembered == nil {
		c.remembered = l.remembered.PushBack(c)
	} else {
		l.remembered.MoveToBack(c.remembered)
	}
	for e := l.remembered.Front(); e != nil; e = l.remembered.Front() {
		oldest := e.Value.(*client)
		if l.remembered.Len() <= maxRemembered && now.Sub(oldest.left) < rememberFor {
			return
		}
		l.remembered.Remove(e)
		oldest.remembered = nil
		if oldest.open == 0 {
			delete(l.clients, oldest.network)
		}
	}
}

// addressOf returns the address of a connection's client; the zero address
// where it has none.
func addressOf(conn net.Conn) netip.Addr {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap()
}
