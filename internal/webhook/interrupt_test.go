package webhook

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"postern/internal/delivery"
)

// An attempt that Postern itself ends must end at once, whatever the receiver
// does, and must not count as the receiver's failure.
func TestInterruptedAttemptEndsAtOnceAndCountsForNothing(t *testing.T) {
	for name, script := range map[string]func(c net.Conn, reached func()){
		"before the headers": func(c net.Conn, reached func()) {
			readRequest(c)
			reached()
			hold(c)
		},
		"in the headers": func(c net.Conn, reached func()) {
			readRequest(c)
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX-")
			reached()
			hold(c)
		},
		"in the body": func(c net.Conn, reached func()) {
			readRequest(c)
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
			reached()
			hold(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			c := clientFor(t, "http://"+rawServer(t, func(c net.Conn) { script(c, cancel) }))
			started := time.Now()
			r := sendFor(t, ctx, c)
			if !r.interrupted || r.class != delivery.ClassNone {
				t.Errorf("the result is %+v", r)
			}
			if took := time.Since(started); took > delivery.DefaultTimeout/2 {
				t.Errorf("it took %v to end", took)
			}
			c.close()
			waitFor(t, func() bool { return runtime.NumGoroutine() <= before+1 }) // the listener's stays
		})
	}
}

// A receiver that changes the protocol gets the bare connection, which no
// deadline of the exchange bounds: reading on would never end, and neither
// would Postern's shutdown.
func TestSwitchOfProtocolsDoesNotHoldTheLane(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	c := clientFor(t, "http://"+rawServer(t, func(c net.Conn) {
		defer close(closed)
		readRequest(c)
		fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		hold(c)
	}))
	c.timeout = time.Second
	if r := sendFor(t, t.Context(), c); r.class != delivery.ClassStatus || r.status != 101 || r.duration > tooLong/2 {
		t.Errorf("the result is %+v", r)
	}
	select {
	case <-closed:
	case <-time.After(tooLong):
		t.Error("the connection was left open")
	}
}

func TestStoppedServiceLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	first, second := newSink(t), newSink(t)
	s := startSite(t, t.TempDir(), nil)
	e := s.register(first.URL, "whsec_your_signing_secret", "*")
	s.publishMany(100, "face_matched")
	first.next(t, 100)
	s.change(e.ID, Change{URL: new(second.URL)})
	s.publishMany(100, "face_matched")
	second.next(t, 100)
	gone := s.register(first.URL, "", "*")
	s.publishMany(10, "face_matched")
	first.next(t, 10)
	if err := s.service.Remove(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	s.stop()
	// The receivers are still up: whatever connection is left is Postern's.
	waitFor(t, func() bool { return runtime.NumGoroutine() <= before+2 }) // the receivers' own
}
