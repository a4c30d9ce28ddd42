package webhook

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/webhook/egress"
)

// tooLong is how long a test waits for what must happen.
const tooLong = time.Minute

// request is what a real receiver got.
type request struct {
	method, target, host, proto string
	header                      http.Header
	body                        []byte
}

// sink is a real receiver on loopback that answers 200.
type sink struct {
	*httptest.Server
	got chan request
}

func newSink(t testing.TB) *sink {
	s := &sink{got: make(chan request, 1000)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off
	}
	s.got <- request{r.Method, r.RequestURI, r.Host, r.Proto, r.Header, body}
}

// next returns the next n requests.
func (s *sink) next(t *testing.T, n int) []request {
	t.Helper()
	var got []request
	timeout := time.After(tooLong)
	for len(got) < n {
		select {
		case r := <-s.got:
			got = append(got, r)
		case <-timeout:
			t.Fatalf("%d requests came, want %d", len(got), n)
		}
	}
	return got
}

// rawServer answers each connection with what script does. The connection is
// closed when script returns.
func rawServer(t *testing.T, script func(c net.Conn)) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				script(c)
			}()
		}
	}()
	return ln.Addr().String()
}

// readRequest reads one request with its body.
func readRequest(c net.Conn) {
	var got []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(got, []byte("\r\n\r\n")) || !bytes.HasSuffix(got, []byte("}")) {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		got = append(got, buf[:n]...)
	}
}

// reset makes closing the connection send a reset.
func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

// hold keeps the connection open until the other side closes it.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// clientFor makes a client of an endpoint at url that may call loopback.
func clientFor(t testing.TB, url string) *client {
	t.Helper()
	return guardedClient(t, url, egress.NewGuard(loopback.Egress))
}

func guardedClient(t testing.TB, url string, guard *egress.Guard) *client {
	t.Helper()
	c, err := newClient(&store.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_000000000001", URL: url}, Secrets: delivery.NewSecrets("whsec_your_signing_secret")}, guard, newPayloads(nil, ""), "Postern/1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

// someEvent returns an event that was never published.
func someEvent(t testing.TB) *event.Event {
	t.Helper()
	events, err := event.Decode([]byte(`{"type": "face_matched", "source": "face_pipeline", "data": {"label": "Alice Smith"}}`), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	events[0].Seq = 7
	return events[0]
}

// sendTo makes one attempt.
func sendTo(t *testing.T, c *client) result {
	t.Helper()
	r := c.send(t.Context(), parcel{event: someEvent(t)})
	if r.interrupted || time.Since(r.at) > tooLong || r.duration <= 0 {
		t.Fatalf("the attempt's result is %+v", r)
	}
	return r
}

// sendFor makes one attempt, which must end on its own or by ctx before long.
func sendFor(t *testing.T, ctx context.Context, c *client) result {
	t.Helper()
	done := make(chan result, 1)
	e := someEvent(t)
	go func() { done <- c.send(ctx, parcel{event: e}) }()
	select {
	case r := <-done:
		return r
	case <-time.After(tooLong):
		t.Fatal("the attempt doesn't end")
		panic("unreachable")
	}
}

// discardLog is for servers whose clients misbehave on purpose.
var discardLog = log.New(io.Discard, "", 0)
