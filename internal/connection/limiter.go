package connection

import (
	"container/list"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/lograte"
	"postern/internal/memory"
)

// logEvery is the least time between two log lines of a kind.
const logEvery = time.Minute

// Options are a limiter's settings.
type Options struct {
	Limits Limits
	// Trusted reports whether an address is a trusted proxy's; nil for none.
	Trusted func(netip.Addr) bool
	// Bodies bounds the memory of large requests; nil means no bound.
	Bodies *memory.Budget
	// Refuse tells a client why its connection is refused. It may take a
	// second or two, and not close the connection. nil closes it without a
	// reason, and so does TLS.
	Refuse func(net.Conn, Reason)
	// Logger logs refused and displaced connections; nil means none.
	Logger *slog.Logger
}

// Reason is why a connection was refused.
type Reason int

// Reasons.
const (
	Full       Reason = iota // Total, or Total without the reserve, is reached
	ClientFull               // PerClient is reached
	reasons
)

// String returns the reason as in logs and metrics.
func (r Reason) String() string { return [...]string{"full", "client_full"}[r] }

// Reasons returns all reasons.
func Reasons() []Reason { return []Reason{Full, ClientFull} }

// Limiter bounds the connections of the listeners that it wraps. Its methods
// are safe for concurrent use.
type Limiter struct {
	limits  Limits
	trusted func(netip.Addr) bool
	bodies  *memory.Budget
	refuse  func(net.Conn, Reason)
	away    chan struct{} // one element for each connection that is being refused

	mu         sync.Mutex
	open       int
	waiting    *list.List // of *Conn, the longest wait first
	clients    map[netip.Prefix]*client
	proxies    *client
	remembered *list.List // of *client that have authenticated and left, the longest ago first

	refused      [reasons]atomic.Int64
	displaced    atomic.Int64
	acceptErrors atomic.Int64

	logRefused, logDisplaced, logAccept *lograte.Line
}

// New makes a limiter.
func New(opts Options) *Limiter {
	if opts.Trusted == nil {
		opts.Trusted = func(netip.Addr) bool { return false }
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Limiter{
		limits: opts.Limits, trusted: opts.Trusted, bodies: opts.Bodies, refuse: opts.Refuse, away: make(chan struct{}, maxAway),
		waiting: list.New(), clients: make(map[netip.Prefix]*client), remembered: list.New(),
		proxies:      &client{trusted: true, waiting: list.New()},
		logRefused:   lograte.New(opts.Logger, slog.LevelWarn, "connections are refused", "connections", logEvery),
		logDisplaced: lograte.New(opts.Logger, slog.LevelWarn, "waiting connections were closed to make room", "connections", logEvery),
		logAccept:    lograte.New(opts.Logger, slog.LevelError, "connections can't be accepted", "errors", logEvery),
	}
}

// Stats are a limiter's counts. All but Open count since the start.
type Stats struct {
	Open         int
	Limits       Limits
	Refused      [reasons]int64 // by Reason
	Displaced    int64          // closed while they waited, to make room
	AcceptErrors int64
}

// Stats returns the counts.
func (l *Limiter) Stats() Stats {
	s := Stats{Limits: l.limits, Displaced: l.displaced.Load(), AcceptErrors: l.acceptErrors.Load()}
	for reason := range s.Refused {
		s.Refused[reason] = l.refused[reason].Load()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Open = l.open
	return s
}

// admit takes in a new connection, or returns why it is refused. A connection
// that it displaces is closed.
func (l *Limiter) admit(raw net.Conn, now time.Time) (net.Conn, Reason, bool) {
	conn := &Conn{Conn: raw, meter: meter{budget: l.bodies}, limiter: l}
	displaced, reason, ok := l.enter(conn, addressOf(raw), now)
	if displaced != nil {
		l.displace(displaced)
	}
	if !ok {
		return nil, reason, false
	}
	if secure, isTLS := raw.(*tls.Conn); isTLS {
		return &secureConn{Conn: conn, tls: secure}, 0, true
	}
	return conn, 0, true
}

// enter counts a new connection, and returns the connection that it displaces
// if there is no room for both.
func (l *Limiter) enter(conn *Conn, at netip.Addr, now time.Time) (displaced *Conn, reason Reason, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.clientAt(at)
	defer func() {
		if c.open == 0 && c.remembered == nil && !c.trusted {
			delete(l.clients, c.network) // it was made for a connection that is refused
		}
	}()
	switch {
	case !c.trusted && c.open >= l.limits.PerClient:
		if displaced = l.longestWaiting(c.waiting, now, false); displaced == nil {
			return nil, ClientFull, false
		}
	case l.open >= l.limits.Total-l.limits.Reserve:
		displaced = l.longestWaiting(l.waiting, now, true)
		if displaced == nil && (l.open >= l.limits.Total || !c.recent(now)) {
			return nil, Full, false
		}
	}
	if displaced != nil {
		l.uncount(displaced, now)
	}
	conn.client, conn.counted = c, true
	if !c.trusted {
		l.clients[c.network] = c // again, where the displaced connection was its last
	}
	c.open++
	l.open++
	l.enqueue(conn)
	return displaced, 0, true
}

// longestWaiting returns the connection of a list that has waited longest; nil
// for none. Connections of clients that have authenticated lately are left out
// of the list of all: only such a client's own connections displace them. The
// caller holds mu.
func (l *Limiter) longestWaiting(list *list.List, now time.Time, all bool) *Conn {
	for e := list.Front(); e != nil; e = list.Front() {
		conn := e.Value.(*Conn)
		if !all || !conn.client.recent(now) {
			return conn
		}
		list.Remove(e)
		conn.inAll = nil
	}
	return nil
}

// displace closes a connection that enter has uncounted.
func (l *Limiter) displace(conn *Conn) {
	l.displaced.Add(1)
	l.logDisplaced.Add(1, slog.Int("max_connections", l.limits.Total), slog.Int("max_per_client", l.limits.PerClient))
	cut(conn.Conn)
}

// displaceAny closes the connection that has waited longest, if any waits: a
// file descriptor is needed.
func (l *Limiter) displaceAny() {
	now := time.Now()
	l.mu.Lock()
	conn := l.longestWaiting(l.waiting, now, true)
	if conn != nil {
		l.uncount(conn, now)
	}
	l.mu.Unlock()
	if conn != nil {
		l.displace(conn)
	}
}

// enqueue lets a connection wait. The caller holds mu.
func (l *Limiter) enqueue(conn *Conn) {
	if conn.inClient == nil && !conn.client.trusted {
		conn.inAll, conn.inClient = l.waiting.PushBack(conn), conn.client.waiting.PushBack(conn)
	}
}

// dequeue ends a connection's wait. The caller holds mu.
func (l *Limiter) dequeue(conn *Conn) {
	if conn.inAll != nil {
		l.waiting.Remove(conn.inAll)
		conn.inAll = nil
	}
	if conn.inClient != nil {
		conn.client.waiting.Remove(conn.inClient)
		conn.inClient = nil
	}
}

// uncount ends a connection's part in everything; once, however often it is
// called. The caller holds mu.
func (l *Limiter) uncount(conn *Conn, now time.Time) {
	if !conn.counted {
		return
	}
	conn.counted = false
	l.open--
	l.dequeue(conn)
	l.leave(conn, now)
}

// wait lets a connection wait for its next request.
func (l *Limiter) wait(conn *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if conn.counted {
		l.enqueue(conn)
	}
}

func (l *Limiter) begin(conn *Conn) bool {
	if conn.authenticated.Load() {
		conn.phase.Store(handling)
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dequeue(conn)
	conn.phase.Store(handling)
	return conn.counted
}

func (l *Limiter) authenticate(conn *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if conn.counted && !conn.authenticated.Load() {
		conn.authenticated.Store(true)
		conn.client.authenticated++
	}
}

func (l *Limiter) closed(conn *Conn) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uncount(conn, now)
}
