package webhook

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
	o.address = rawServer(t, func(c net.Conn) {
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
	events, err := event.Decode(fmt.Appendf(nil, `{"type": "face_matched", "source": "face_pipeline", "data": {"label": %q}}`, strings.Repeat("x", 200<<10)), time.Now())
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
		"resets as the next request begins": func(c net.Conn, r *bufio.Reader) { _, _ = r.Peek(1); reset(c) },
		"closes after the head":             func(_ net.Conn, r *bufio.Reader) { readHead(r) },
		"resets after the head":             func(c net.Conn, r *bufio.Reader) { readHead(r); reset(c) },
		"closes halfway through the body":   func(_ net.Conn, r *bufio.Reader) { _, _ = io.CopyN(io.Discard, r, int64(readHead(r)/2)) },
		"resets halfway through the body":   func(c net.Conn, r *bufio.Reader) { _, _ = io.CopyN(io.Discard, r, int64(readHead(r)/2)); reset(c) },
		"closes after the body":             func(_ net.Conn, r *bufio.Reader) { _, _ = io.CopyN(io.Discard, r, int64(readHead(r))) },
		"resets after the body":             func(c net.Conn, r *bufio.Reader) { _, _ = io.CopyN(io.Discard, r, int64(readHead(r))); reset(c) },
		"closes without waiting":            func(net.Conn, *bufio.Reader) {},
		"says 408 as it closes": func(c net.Conn, r *bufio.Reader) {
			_, _ = io.CopyN(io.Discard, r, int64(readHead(r)))
			fmt.Fprint(c, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		},
	} {
		for size, e := range map[string]*event.Event{"small": someEvent(t), "large": largeEvent(t)} {
			t.Run(name+", "+size, func(t *testing.T) {
				t.Parallel()
				receiver := newOnceKept(t, end)
				c := clientFor(t, "http://"+receiver.address+"/in")
				var repeats int64
				const times = 4
				for i := range times {
					r := c.send(t.Context(), parcel{event: e})
					if r.class != delivery.ClassNone || r.status != 200 || r.interrupted {
						t.Fatalf("attempt %d: %+v", i, r)
					}
					repeats += r.repeats
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
	address := rawServer(t, func(c net.Conn) {
		if connections.Add(1) == 1 {
			readRequest(c)
			fmt.Fprint(c, okAnswer)
			close(kept)
		}
		readRequest(c)
	})
	c := clientFor(t, "http://"+address)
	if r := sendTo(t, c); r.class != delivery.ClassNone {
		t.Fatalf("%+v", r)
	}
	<-kept
	r := sendTo(t, c)
	if r.class != delivery.ClassBody || r.repeats == 0 || r.repeats > maxOwnRepeats+1 {
		t.Errorf("%+v", r)
	}
	if n := int64(connections.Load()); n != 1+r.repeats {
		t.Errorf("%d connections for %d repeats", n, r.repeats)
	}
	before := connections.Load()
	if r := sendTo(t, clientFor(t, "http://"+address)); r.class != delivery.ClassBody || r.repeats != 0 || connections.Load() != before+1 {
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
		"a status":                  {"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", hold, delivery.ClassStatus},
		"408 of its own":            {"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", hold, delivery.ClassStatus},
		"half a head":               {"HTTP/1.1 200 OK\r\nContent-Le", func(net.Conn) {}, delivery.ClassOther},
		"half a body":               {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", func(net.Conn) {}, delivery.ClassBody},
		"nonsense":                  {"220 mail.example\r\n", hold, delivery.ClassOther},
		"silence":                   {"", hold, delivery.ClassTimeout},
		"a whole answer and an end": {okAnswer, func(net.Conn) {}, delivery.ClassNone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			c := clientFor(t, "http://"+rawServer(t, func(c net.Conn) {
				readRequest(c)
				fmt.Fprint(c, okAnswer)
				readRequest(c)
				requests.Add(1)
				fmt.Fprint(c, tc.second)
				tc.end(c)
			}))
			c.timeout = 500 * time.Millisecond
			sendTo(t, c)
			if r := sendTo(t, c); r.class != tc.class || r.repeats != 0 || requests.Load() != 1 {
				t.Errorf("sent %d times: %+v", requests.Load(), r)
			}
		})
	}
}

func TestStaleConnectionIsRepeatedWithinTheTimeLimit(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	c := clientFor(t, "http://"+rawServer(t, func(c net.Conn) {
		if connections.Add(1) == 1 {
			readRequest(c)
			fmt.Fprint(c, okAnswer)
			readRequest(c)
			return
		}
		hold(c)
	}))
	sendTo(t, c)
	c.timeout = 300 * time.Millisecond
	if r := sendTo(t, c); r.class != delivery.ClassTimeout || r.repeats == 0 || r.duration > 5*time.Second {
		t.Errorf("%+v", r)
	}
}

// Node's server closes a kept-alive connection 5 s after its last answer, or
// sooner where it is told to; this one does so as the next request arrives, on
// every connection that had one before.
const nodeClosesEarly = `
const http = require('http')
const server = http.createServer((request, response) => {
	const again = request.socket.used
	request.socket.used = true
	request.resume()
	if (again) return request.socket.destroy()
	request.on('end', () => response.end())
})
server.keepAliveTimeout = 50
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

func TestBurstsToANodeServerDoNotMakeAWebhookFailing(t *testing.T) {
	t.Parallel()
	port := nodeServer(t, nodeClosesEarly)
	s := startSite(t, t.TempDir(), nil)
	e := s.register("http://127.0.0.1:"+port+"/in", "", "face_matched")
	sent := 0
	for _, n := range []int{1, 100, 1, 300, 32, 1} {
		s.publishMany(n, "face_matched")
		sent += n
		waitFor(t, func() bool { return s.service.Status(e.ID).Delivered == int64(sent) })
	}
	status := s.service.Status(e.ID)
	if status.Failed != 0 || status.State != delivery.Active || status.StateCause != "" || status.LastError != nil || status.Retrying != 0 {
		t.Errorf("the status is %+v", status)
	}
	for _, a := range s.attempts(e.ID) {
		if !a.OK() || a.Number != 1 {
			t.Errorf("on record is %+v", a)
		}
	}
	if n := s.service.Metrics().Repeats; n == 0 {
		t.Error("no repeat is counted")
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
	c := clientFor(t, "http://127.0.0.1:"+nodeServer(t, script))
	for i := range 300 {
		if r := sendTo(t, c); r.class != delivery.ClassNone {
			t.Fatalf("attempt %d: %+v", i, r)
		}
		time.Sleep(time.Duration(i%5) * time.Millisecond)
	}
}
