package connection

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipe is a connection from an address, without a socket.
type pipe struct {
	net.Conn
	from   net.Addr
	closed atomic.Bool
}

func (p *pipe) RemoteAddr() net.Addr { return p.from }

func (p *pipe) Close() error {
	p.closed.Store(true)
	return p.Conn.Close()
}

func from(address string) *pipe {
	server, _ := net.Pipe()
	return &pipe{Conn: server, from: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 1))}
}

// enter admits a connection from an address; nil where it was refused.
func enter(t *testing.T, l *Limiter, address string) *Conn {
	t.Helper()
	conn, reason, ok := l.admit(from(address), time.Now())
	if !ok {
		return nil
	}
	if reason != 0 {
		t.Fatalf("admitted with reason %s", reason)
	}
	c := Of(conn)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// handle begins a request, and leaves it unanswered.
func handle(t *testing.T, c *Conn, authenticated bool) *Conn {
	t.Helper()
	if !c.Begin() {
		t.Fatal("the connection was displaced")
	}
	if authenticated {
		c.Authenticate()
	}
	return c
}

func open(c *Conn) bool { return c != nil && !c.Conn.(*pipe).closed.Load() }

func TestLimiter_client_displaces_its_own_connections_and_no_others(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ greedy, same, other string }{
		"IPv4":                {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
		"IPv4 within IPv6":    {"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"},
		"IPv6 within its /64": {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := New(Options{Limits: Limits{Total: 100, PerClient: 3}})
			neighbour := enter(t, l, tc.other)
			first, second, third := enter(t, l, tc.greedy), enter(t, l, tc.same), enter(t, l, tc.greedy)
			if fourth := enter(t, l, tc.same); !open(fourth) || open(first) || !open(second) || !open(third) || !open(neighbour) {
				t.Error("the fourth connection didn't displace the first alone")
			}
			// A displaced connection's request isn't carried out.
			if first.Begin() {
				t.Error("a request on a displaced connection is handled")
			}
			// A connection whose request is handled isn't displaced.
			handle(t, second, false)
			if fifth := enter(t, l, tc.greedy); !open(fifth) || !open(second) || open(third) {
				t.Error("the fifth connection didn't displace the one that waits longest")
			}
			if s := l.Stats(); s.Displaced != 2 || s.Open != 4 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestLimiter_refuses_a_client_whose_connections_are_all_in_use(t *testing.T) {
	t.Parallel()
	for _, authenticated := range []bool{false, true} {
		l := New(Options{Limits: Limits{Total: 100, PerClient: 3}})
		var held []*Conn
		for range 3 {
			held = append(held, handle(t, enter(t, l, "192.0.2.1"), authenticated))
		}
		if c := enter(t, l, "192.0.2.1"); c != nil {
			t.Error("a fourth connection was admitted")
		}
		if c := enter(t, l, "192.0.2.2"); c == nil {
			t.Error("another client was refused")
		}
		if s := l.Stats(); s.Displaced != 0 {
			t.Errorf("%+v", s)
		}
		held[0].Close()
		if c := enter(t, l, "192.0.2.1"); c == nil {
			t.Error("there is no room after a connection has ended")
		}
	}
}

// An answered connection waits from its next read on: until then, the answer is
// under way.
func TestLimiter_displaces_a_connection_between_requests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ authenticated, takenOver, displaced bool }{
		{false, false, true}, {true, false, false}, {false, true, false}, {true, true, false},
	} {
		l := New(Options{Limits: Limits{Total: 1, PerClient: 1}})
		c := handle(t, enter(t, l, "192.0.2.1"), tc.authenticated)
		c.End(tc.takenOver)
		if enter(t, l, "192.0.2.1") != nil || !open(c) {
			t.Errorf("%+v: it was displaced before its answer was sent", tc)
		}
		_ = c.SetReadDeadline(time.Now())
		_, _ = c.Read(make([]byte, 1))
		if next := enter(t, l, "192.0.2.1"); (next != nil) != tc.displaced || open(c) == tc.displaced {
			t.Errorf("%+v: it is open: %t", tc, open(c))
		}
	}
}

func TestLimiter_trusted_proxies_are_exempt_from_the_limit_per_client(t *testing.T) {
	t.Parallel()
	proxy := netip.MustParseAddr("192.0.2.9")
	l := New(Options{Limits: Limits{Total: 20, PerClient: 2, Reserve: 4}, Trusted: func(a netip.Addr) bool { return a == proxy }})
	var conns []*Conn
	for range 20 {
		c := enter(t, l, proxy.String())
		if c == nil {
			t.Fatalf("the proxy has %d connections only", len(conns))
		}
		conns = append(conns, c)
	}
	if enter(t, l, proxy.String()) != nil || enter(t, l, "192.0.2.1") != nil {
		t.Error("more connections than the total were admitted")
	}
	for _, c := range conns {
		if !open(c) {
			t.Fatal("a proxy's connection was displaced")
		}
	}
}

func TestLimiter_leaves_the_reserve_to_clients_that_have_authenticated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Limits: Limits{Total: 10, PerClient: 4, Reserve: 2}})
		known := handle(t, enter(t, l, "192.0.2.1"), true)
		known.Close() // it is remembered without a connection
		var crowd []*Conn
		for i := range 8 {
			crowd = append(crowd, handle(t, enter(t, l, netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}).String()), false))
		}
		if enter(t, l, "198.51.100.1") != nil {
			t.Error("an unknown client got a connection of the reserve")
		}
		waiting := enter(t, l, "192.0.2.1")
		if waiting == nil {
			t.Fatal("a client that has authenticated was refused")
		}
		// Others don't displace its connection while its request is half sent.
		crowd[0].Close()
		if enter(t, l, "198.51.100.1") != nil || !open(waiting) {
			t.Error("an unknown client displaced it")
		}
		second, third, fourth := enter(t, l, "192.0.2.1"), enter(t, l, "192.0.2.1"), enter(t, l, "192.0.2.1")
		if !open(waiting) || !open(second) || !open(third) || fourth != nil {
			t.Error("it may not have the whole reserve, or has more")
		}
		for _, c := range []*Conn{waiting, second, third} {
			c.Close()
		}
		handle(t, enter(t, l, "198.51.100.1"), false) // the eighth
		time.Sleep(rememberFor + time.Minute)
		if enter(t, l, "192.0.2.1") != nil {
			t.Error("it is remembered for ever")
		}
	})
}

func TestLimiter_displaces_half_sent_requests_when_nearly_full(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := New(Options{Limits: Limits{Total: 100, PerClient: 100, Reserve: 10}, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	authenticated := handle(t, enter(t, l, "192.0.2.1"), true)
	authenticated.End(false)
	for i := range 1000 {
		if enter(t, l, netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}).String()) == nil {
			t.Fatalf("connection %d was refused", i)
		}
	}
	if s := l.Stats(); s.Open != 90 || s.Displaced != 911 || !open(authenticated) {
		t.Errorf("%+v; the authenticated one is open: %t", s, open(authenticated))
	}
	if n := strings.Count(out.String(), "waiting connections were closed to make room"); n != 1 {
		t.Errorf("%d log lines: %s", n, out.String())
	}
	if text := out.String(); strings.Contains(text, "203.0") {
		t.Errorf("the log names an address: %s", text)
	}
}

// The counts are right and the limits hold after any sequence of connections, and
// memory keeps none of them.
func TestLimiter_counts_are_right_whatever_connections_do(t *testing.T) {
	t.Parallel()
	limits := Limits{Total: 40, PerClient: 8, Reserve: 5}
	l := New(Options{Limits: limits, Trusted: func(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.9") }})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			var mine []*Conn
			for range 3000 {
				switch n := random.IntN(10); {
				case n < 4:
					if conn, _, ok := l.admit(from([]string{"192.0.2.1", "192.0.2.2", "192.0.2.9", "2001:db8::1", "2001:db8::2",
						"198.51.100.7"}[random.IntN(6)]), time.Now()); ok {
						mine = append(mine, Of(conn))
					}
				case len(mine) == 0:
				case n < 6:
					i := random.IntN(len(mine))
					mine[i].Close()
					mine[i].Close() // twice does no harm
					mine = append(mine[:i], mine[i+1:]...)
				default:
					c := mine[random.IntN(len(mine))]
					if c.Begin() {
						if random.IntN(20) == 0 {
							c.Authenticate()
						}
						c.End(random.IntN(20) == 0)
						_ = c.SetReadDeadline(time.Unix(1, 0))
						_, _ = c.Read(make([]byte, 1))
					}
				}
				if open := l.Stats().Open; open < 0 || open > limits.Total {
					t.Errorf("%d connections are open", open)
				}
			}
			for _, c := range mine {
				c.Close()
			}
		})
	}
	all.Wait()
	if l.open != 0 || l.waiting.Len() != 0 || l.proxies.open != 0 || l.proxies.waiting.Len() != 0 {
		t.Errorf("%d are counted, %d wait; of the proxies %d and %d", l.open, l.waiting.Len(), l.proxies.open, l.proxies.waiting.Len())
	}
	for network, c := range l.clients {
		if c.open != 0 || c.authenticated != 0 || c.waiting.Len() != 0 || c.remembered == nil {
			t.Errorf("%s: %+v", network, c)
		}
	}
	if len(l.clients) != l.remembered.Len() {
		t.Errorf("%d clients, %d remembered", len(l.clients), l.remembered.Len())
	}
}

func TestLimiter_remembers_a_bounded_number_of_clients(t *testing.T) {
	t.Parallel()
	l := New(Options{Limits: Limits{Total: 10, PerClient: 10, Reserve: 9}})
	for i := range maxRemembered + 500 {
		c := handle(t, enter(t, l, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String()), true)
		c.Close()
	}
	if len(l.clients) != maxRemembered || l.remembered.Len() != maxRemembered {
		t.Errorf("%d clients, %d remembered", len(l.clients), l.remembered.Len())
	}
	if l.clients[netip.MustParsePrefix("10.0.0.0/32")] != nil {
		t.Error("the oldest is remembered")
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	const much = 1 << 30
	for name, tc := range map[string]struct {
		files                      uint64
		byMemory, total, perClient int
		want                       Limits
	}{
		"the unit of systemd":       {65_536, much, 0, 0, Limits{16_384, 4096, 2048}},
		"a shell of old":            {1024, much, 0, 0, Limits{768, 384, 96}},
		"without a limit":           {1<<64 - 1, much, 0, 0, Limits{16_384, 4096, 2048}},
		"very few files":            {100, much, 0, 0, Limits{50, 25, 6}},
		"a small machine":           {65_536, 2048, 0, 0, Limits{2048, 1024, 256}},
		"a tiny machine":            {65_536, 3, 0, 0, Limits{64, 32, 8}},
		"a setting":                 {65_536, 2048, 5000, 0, Limits{5000, 1250, 625}},
		"both settings":             {65_536, much, 5000, 70, Limits{5000, 70, 625}},
		"more than files allow":     {1024, much, 5000, 0, Limits{768, 384, 96}},
		"more than 16,384":          {1 << 20, much, 50_000, 0, Limits{50_000, 12_500, 6250}},
		"more a client than in all": {65_536, much, 100, 1000, Limits{100, 100, 12}},
	} {
		if got := Plan(tc.files, tc.byMemory, tc.total, tc.perClient); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
	if n := OpenFiles(); n < 64 {
		t.Errorf("%d files may be open", n)
	}
}
