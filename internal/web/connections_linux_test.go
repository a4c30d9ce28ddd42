package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"postern/internal/account"
	"postern/internal/connection"
	"postern/internal/posterntest"
)

// kept is a connection from one address of this machine that is kept alive.
type kept struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (s *service) keptFrom(address string) *kept {
	s.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 20 * time.Second}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &kept{conn, s.t, bufio.NewReader(conn)}
}

// status sends a request and returns the status of its answer; zero where the
// connection was closed.
func (k *kept) status(path string, headers ...string) (status int, body string) {
	k.t.Helper()
	request := "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	for i := 0; i < len(headers); i += 2 {
		request += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	_, _ = io.WriteString(k, request+"\r\n")
	res, err := http.ReadResponse(k.r, nil)
	if err != nil {
		return 0, ""
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (k *kept) want(status int, path string, headers ...string) {
	k.t.Helper()
	if got, body := k.status(path, headers...); got != status {
		k.t.Errorf("%s: status %d %s, want %d", path, got, body, status)
	}
}

// ended waits until the server has closed the connection.
func (k *kept) ended() bool {
	_, err := k.Read(make([]byte, 1))
	return errors.Is(err, io.EOF) || err != nil && strings.Contains(err.Error(), "reset")
}

// Anonymous connections give way to new ones; those of a principal and live
// sockets don't.
func TestConnections_of_a_principal_are_never_displaced(t *testing.T) {
	t.Parallel()
	g := startGuardedWith(t, Options{Connections: connection.Limits{Total: 20, PerClient: 4}})
	key, wall := g.key("reader", account.ScopeRead), g.key("wall", account.ScopeMonitor)

	anonymous, half := g.keptFrom("127.0.0.1"), g.keptFrom("127.0.0.1")
	if _, err := io.WriteString(half, "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nna"); err != nil {
		t.Fatal(err)
	}
	reader := g.keptFrom("127.0.0.1")
	reader.want(200, apiPath+"/events/recent", key...)
	live, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(g.base, "http")+"/live/socket?only=monitor",
		http.Header{wall[0]: {wall[1]}})
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	// The fifth and the sixth take the place of the anonymous ones, the seventh
	// that of the fifth.
	fifth := g.keptFrom("127.0.0.1")
	g.keptFrom("127.0.0.1")
	if !anonymous.ended() || !half.ended() {
		t.Error("the anonymous connections stay")
	}
	g.keptFrom("127.0.0.1")
	if !fifth.ended() {
		t.Error("the fifth connection stays")
	}
	for range 5 {
		k := g.keptFrom("127.0.0.1")
		k.want(200, apiPath+"/events/recent", "Connection", "close", key[0], key[1])
		if !k.ended() {
			t.Error("the connection stays")
		}
	}
	reader.want(200, apiPath+"/events/recent", key...)
	_ = live.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, _, err := live.ReadMessage(); err != nil {
		t.Errorf("the live socket ended: %v", err)
	}
	// When all are in use, another one is told so, and other clients aren't.
	for range 2 {
		k := g.keptFrom("127.0.0.1")
		k.want(200, apiPath+"/events/recent", key...)
	}
	if status, body := g.keptFrom("127.0.0.1").status(apiPath+"/events/recent", key...); status != 503 ||
		!strings.Contains(body, "Your address has its maximum number of connections open.") {
		t.Errorf("one too many got %d %s", status, body)
	}
	g.keptFrom("127.0.0.2").want(200, "/healthz")
}

// When all but the reserve is in use, clients that have authenticated still get
// in, and others are told to come again.
func TestConnections_of_the_reserve_are_left_to_known_clients(t *testing.T) {
	t.Parallel()
	g := startGuardedWith(t, Options{Connections: connection.Limits{Total: 6, PerClient: 6, Reserve: 2}})
	key := g.key("reader", account.ScopeRead)
	const path = apiPath + "/events/recent"
	first := g.keptFrom("127.0.0.4")
	first.want(200, path, "Connection", "close", key[0], key[1])
	if !first.ended() {
		t.Fatal("the connection stays")
	}
	for range 4 {
		g.keptFrom("127.0.0.2").want(200, path, key...)
	}
	for range 3 {
		if status, body := g.keptFrom("127.0.0.3").status(path, key...); status != 503 ||
			!strings.Contains(body, "Postern has its maximum number of connections open.") {
			t.Errorf("an unknown client got %d %s", status, body)
		}
	}
	for range 2 {
		g.keptFrom("127.0.0.4").want(200, path, key...)
	}
	g.keptFrom("127.0.0.4").want(503, path, key...)
}

// A trusted proxy stands for many clients.
func TestConnections_of_a_trusted_proxy_are_not_limited(t *testing.T) {
	t.Parallel()
	g := startGuardedWith(t, Options{
		Proxies:     []netip.Prefix{netip.MustParsePrefix("127.0.0.7/32")},
		Connections: connection.Limits{Total: 10, PerClient: 2, Reserve: 2},
	})
	var conns []*kept
	for range 10 {
		k := g.keptFrom("127.0.0.7")
		k.want(200, "/healthz", "X-Forwarded-For", "192.0.2.1")
		conns = append(conns, k)
	}
	for _, k := range conns {
		k.want(200, "/healthz", "X-Forwarded-For", "192.0.2.2")
	}
	if status, body := g.keptFrom("127.0.0.7").status("/healthz"); status != 503 ||
		!strings.Contains(body, "Postern has its maximum number of connections open.") {
		t.Errorf("one too many got %d %s", status, body)
	}
}

// The metrics tell of the connections.
func TestConnections_are_counted(t *testing.T) {
	t.Parallel()
	s := startServiceWith(t, func(*posterntest.Postern) Options {
		return Options{Connections: connection.Limits{Total: 30, PerClient: 5, Reserve: 3}}
	})
	for range 7 {
		s.keptFrom("127.0.0.2")
	}
	for range 5 {
		s.keptFrom("127.0.0.3").want(200, "/healthz")
	}
	s.keptFrom("127.0.0.3").want(503, "/healthz")
	for name, want := range map[string]int{
		"postern_connections_limit": 30, "postern_connections_per_client_limit": 5, "postern_connections_displaced_total": 2,
		`postern_connections_refused_total{reason="full"}`: 0, `postern_connections_refused_total{reason="client_full"}`: 1,
		"postern_accept_errors_total": 0,
	} {
		s.get("/metrics").want(200).says(fmt.Sprintf("%s %d\n", name, want))
	}
}
