package send

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
)

// An attempt that Postern itself ends must end at once, whatever the receiver
// does, and must not count as the receiver's failure.
func TestInterruptedAttemptEndsAtOnceAndCountsForNothing(t *testing.T) {
	for name, script := range map[string]func(c net.Conn, reached func()){
		"before the headers": func(c net.Conn, reached func()) {
			webhooktest.ReadRequest(c)
			reached()
			webhooktest.Hold(c)
		},
		"in the headers": func(c net.Conn, reached func()) {
			webhooktest.ReadRequest(c)
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX-")
			reached()
			webhooktest.Hold(c)
		},
		"in the body": func(c net.Conn, reached func()) {
			webhooktest.ReadRequest(c)
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
			reached()
			webhooktest.Hold(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			c := clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) { script(c, cancel) }))
			started := time.Now()
			r := sendFor(t, ctx, c)
			if !r.Interrupted || r.Class != delivery.ClassNone {
				t.Errorf("the result is %+v", r)
			}
			if took := time.Since(started); took > delivery.DefaultTimeout/2 {
				t.Errorf("it took %v to end", took)
			}
			c.Close()
			waitFor(t, func() bool { return runtime.NumGoroutine() <= before+1 }) // the listener's stays
		})
	}
}

// A receiver that changes the protocol gets the bare connection, which no
// deadline of the exchange bounds: reading on would never end, and neither
// would Postern's shutdown.
func TestSend_SwitchOfProtocolsDoesNotHoldTheWorker(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	c := clientFor(t, "http://"+webhooktest.RawServer(t, func(c net.Conn) {
		defer close(closed)
		webhooktest.ReadRequest(c)
		fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		webhooktest.Hold(c)
	}))
	c.timeout = time.Second
	if r := sendFor(t, t.Context(), c); r.Class != delivery.ClassStatus || r.Status != 101 || r.Duration > webhooktest.TooLong/2 {
		t.Errorf("the result is %+v", r)
	}
	select {
	case <-closed:
	case <-time.After(webhooktest.TooLong):
		t.Error("the connection was left open")
	}
}
