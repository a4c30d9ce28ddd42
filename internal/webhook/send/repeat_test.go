package send

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/event"
)

// onceKept is a receiver whose connections each answer one request properly and
// then call end with the reader of the rest.
type onceKept struct {
	mu          sync.Mutex
	connections int
	bodies      []string // of the requests that were answered
	address     string
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

func newOnceKept(t *testing.T, end func(c net.Conn, r *bufio.Reader)) *onceKept {
	t.Helper()
	o := new(onceKept)
	o.address = webhooktest.RawServer(t, func(c net.Conn) {
		o.mu.Lock()
		o.connections++
		o.mu.Unlock()
		r := bufio.NewReader(c)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		o.mu.Lock()
		o.bodies = append(o.bodies, string(body))
		o.mu.Unlock()
		fmt.Fprint(c, okAnswer)
		end(c, r)
	})
	return o
}

func (o *onceKept) seen() (connections int, bodies []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.connections, o.bodies
}

// readHead reads a request up to its body.
func readHead(r *bufio.Reader) (length int) {
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return length
		}
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			_, _ = fmt.Sscan(value, &length)
		}
	}
}

// A large body doesn't fit what the kernel takes at once, so that writing it
// fails halfway.
func largeEvent(t *testing.T) *event.Event {
	t.Helper()
	events, err := event.Decode(fmt.Appendf(nil, `{"type": "face_matched", "source": "face_pipeline", "data": {"label": %q}}`,
		strings.Repeat("x", 200<<10)), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	events[0].Seq = 8
	return events[0]
}

func TestStaleConnectionCostsNoAttempt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(net.Conn, *bufio.Reader){
		"closes as the next request begins": func(_ net.Conn, r *bufio.Reader) { _, _ = r.Peek(1) },
		"resets as the next request begins": func(c net.Conn, r *bufio.Reader) { _, _ = r.Peek(1); webhooktest.Reset(c) },
		"closes after the head":             func(_ net.Conn, r *bufio.Reader) { readHead(r) },
		"resets after the head":             func(c net.Conn, r *bufio.Reader) { readHead(r); webhooktest.Reset(c) },
		"closes halfway through the body":   func(_ net.Conn, r *bufio.Reader) { _, _ = io.CopyN(io.Discard, r, int64(readHead(r)/2)) },
		"resets halfway through the body": func(c net.Conn, r *bufio.Reader) {
			_, _ = io.CopyN(io.Discard, r, int64(readHead(r)/2))
			webhooktest.Reset(c)
		},
		"closes after the body": func(_ net.Conn, r *bufio.Reader) { _, _ = io.CopyN(io.Discard, r, int64(readHead(r))) },
		"resets after the body": func(c net.Conn, r *bufio.Reader) {
			_, _ = io.CopyN(io.Discard, r, int64(readHead(r)))
			webhooktest.Reset(c)
		},
		"closes without waiting": func(net.Conn, *bufio.Reader) {},
		"says 408 as it closes": func(c net.Conn, r *bufio.Reader) {
			_, _ = io.CopyN(io.Discard, r, int64(readHead(r)))
			fmt.Fprint(c, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		},
	} {
		for size, e := range map[string]*event.Event{"small": webhooktest.SomeEvent(t), "large": largeEvent(t)} {
			t.Run(name+", "+size, func(t *testing.T) {
				t.Parallel()
				receiver := newOnceKept(t, end)
				c := clientFor(t, "http://"+receiver.address+"/in")
				var repeats int64
				const times = 4
				for i := range times {
					r := c.Send(t.Context(), Request{Event: e})
					if r.Class != delivery.ClassNone || r.Status != 200 || r.Interrupted {
						t.Fatalf("attempt %d: %+v", i, r)
					}
					repeats += r.Repeats
				}
				connections, bodies := receiver.seen()
				if len(bodies) != times || connections < times {
					t.Errorf("%d deliveries over %d connections, want %d", len(bodies), connections, times)
				}
				for _, body := range bodies {
					if body != string(e.JSON()) {
						t.Errorf("a body of %d bytes, want %d", len(body), len(e.JSON()))
					}
				}
				if name != "closes without waiting" && (repeats == 0 || repeats > times) {
					t.Errorf("%d repeats of %d attempts", repeats, times)
				}
			})
		}
	}
}

// A failure on a new connection is a failed attempt.
func TestFreshConnectionThatFailsIsAFailure(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	kept := make(chan struct{})
	address := webhooktest.RawServer(t, func(c net.Conn) {
		if connections.Add(1) == 1 {
			webhooktest.ReadRequest(c)
			fmt.Fprint(c, okAnswer)
			close(kept)
		}
		webhooktest.ReadRequest(c)
	})
	c := clientFor(t, "http://"+address)
	if r := sendTo(t, c); r.Class != delivery.ClassNone {
		t.Fatalf("%+v", r)
	}
	<-kept
	r := sendTo(t, c)
	if r.Class != delivery.ClassBody || r.Repeats == 0 || r.Repeats > maxOwnRepeats+1 {
		t.Errorf("%+v", r)
	}
	if n := int64(connections.Load()); n != 1+r.Repeats {
		t.Errorf("%d connections for %d repeats", n, r.Repeats)
	}
	before := connections.Load()
	if r := sendTo(t, clientFor(t, "http://"+address)); r.Class != delivery.ClassBody || r.Repeats != 0 || connections.Load() != before+1 {
		t.Errorf("on a fresh connection: %+v", r)
	}
}

// A response that has begun counts as the response, and a timeout counts as a
// timeout: neither is repeated.
func TestAnswersOnReusedConnectionsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		second string
		end    func(net.Conn)
		class  delivery.Class
	}{
		"a status":                  {"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", webhooktest.Hold, delivery.ClassStatus},
		"408 of its own":            {"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", webhooktest.Hold, delivery.ClassStatus},
		"half a head":               {"HTTP/1.1 200 OK\r\nContent-Le", func(net.Conn) {}, delivery.ClassOther},
		"half a body":               {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", func(net.Conn) {}, delivery.ClassBody},
		"nonsense":                  {"220 mail.example\r\n", webhooktest.Hold, delivery.ClassOther},
		"silence":                   {"", webhooktest.Hold, delivery.ClassTimeout},
		"a whole answer and an end": {okAnswer, func(net.Conn) {}, delivery.ClassNone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			c := clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
				webhooktest.ReadRequest(c)
				fmt.Fprint(c, okAnswer)
				webhooktest.ReadRequest(c)
				requests.Add(1)
				fmt.Fprint(c, tc.second)
				tc.end(c)
			}))
			c.timeout = 500 * time.Millisecond
			sendTo(t, c)
			if r := sendTo(t, c); r.Class != tc.class || r.Repeats != 0 || requests.Load() != 1 {
				t.Errorf("sent %d times: %+v", requests.Load(), r)
			}
		})
	}
}

func TestStaleConnectionIsRepeatedWithinTheTimeLimit(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	c := clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
		if connections.Add(1) == 1 {
			webhooktest.ReadRequest(c)
			fmt.Fprint(c, okAnswer)
			webhooktest.ReadRequest(c)
			return
		}
		webhooktest.Hold(c)
	}))
	sendTo(t, c)
	c.timeout = 300 * time.Millisecond
	if r := sendTo(t, c); r.Class != delivery.ClassTimeout || r.Repeats == 0 || r.Duration > 5*time.Second {
		t.Errorf("%+v", r)
	}
}

// Now and then, the server's own timer closes the connection just as the next
// request arrives: no attempt may fail because of that.
func TestNodeServersOwnKeepAliveTimeout(t *testing.T) {
	t.Parallel()
	const script = `
const server = require('http').createServer((request, response) => { request.resume(); request.on('end', () => response.end()) })
server.keepAliveTimeout = 2
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
	c := clientFor(t, "http://127.0.0.1:"+webhooktest.NodeServer(t, script))
	for i := range 300 {
		if r := sendTo(t, c); r.Class != delivery.ClassNone {
			t.Fatalf("attempt %d: %+v", i, r)
		}
		time.Sleep(time.Duration(i%5) * time.Millisecond)
	}
}
