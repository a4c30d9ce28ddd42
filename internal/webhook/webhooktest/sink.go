package webhooktest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TooLong is how long a test waits for what must happen.
const TooLong = time.Minute

// Received is a request that a real receiver got.
type Received struct {
	Method, Target, Host, Proto string
	Header                      http.Header
	Body                        []byte
}

// Sink is a real receiver on loopback that answers 200.
type Sink struct {
	*httptest.Server
	Got chan Received
}

// NewSink starts a sink.
func NewSink(t testing.TB) *Sink {
	s := &Sink{Got: make(chan Received, 1000)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP records a request.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off
	}
	s.Got <- Received{r.Method, r.RequestURI, r.Host, r.Proto, r.Header, body}
}

// Next returns the next n requests.
func (s *Sink) Next(t *testing.T, n int) []Received {
	t.Helper()
	var got []Received
	timeout := time.After(TooLong)
	for len(got) < n {
		select {
		case r := <-s.Got:
			got = append(got, r)
		case <-timeout:
			t.Fatalf("%d requests came, want %d", len(got), n)
		}
	}
	return got
}

// RawServer answers each connection with what script does. The connection is
// closed when script returns.
func RawServer(t *testing.T, script func(c net.Conn)) (address string) {
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

// ReadRequest reads one request with its body.
func ReadRequest(c net.Conn) {
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

// Reset makes closing the connection send a reset.
func Reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

// Hold keeps the connection open until the other side closes it.
func Hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
