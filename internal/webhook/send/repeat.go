package send

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxOwnRepeats is how often net/http may repeat one request by itself: it takes
// two to replace an HTTP/2 connection that the receiver ended with GOAWAY.
const maxOwnRepeats = 2

// errNoRepeat ends net/http's own repeats of a request.
var errNoRepeat = errors.New("no more repeats")

// exchange sends one request and returns the head of its answer. A receiver may
// close a kept-alive connection just as the next request arrives on it. This
// isn't a sign of poor health, so such a request is repeated immediately,
// within ctx. net/http repeats it on another connection where it recognises the
// cause. If that fails too, the last repeat uses a new connection, whose
// failure is the receiver's. repeats is the number of requests sent after the
// first.
func (c *Client) exchange(ctx context.Context, p Request, at time.Time) (res *http.Response, repeats int64, err error) {
	var conn connection
	traced := httptrace.WithClientTrace(ctx, conn.trace())
	res, err = c.transport.RoundTrip(c.request(p, at, maxOwnRepeats).WithContext(traced))
	if ctx.Err() == nil && conn.wasStale(res, err) {
		if res != nil {
			res.Body.Close()
		}
		fresh := c.transport.Clone()
		fresh.DisableKeepAlives = true
		res, err = fresh.RoundTrip(c.request(p, at, 0).WithContext(traced))
	}
	c.certificate.note(err)
	return res, max(0, conn.used.Load()-1), err
}

// connection notes the connections on which a request is sent. net/http calls
// it from several goroutines.
type connection struct {
	used     atomic.Int64 // connections that the request was sent on
	reused   atomic.Bool  // the newest of them had carried a request before
	answered atomic.Bool  // the first byte of an answer has arrived
}

func (c *connection) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { c.reused.Store(false) }, // until there is a connection: dialling may fail
		GotConn: func(info httptrace.GotConnInfo) {
			c.used.Add(1)
			c.reused.Store(info.Reused)
		},
		GotFirstResponseByte: func() { c.answered.Store(true) },
	}
}

// wasStale reports whether a request failed because the receiver had closed the
// connection, not because of the request.
func (c *connection) wasStale(res *http.Response, err error) bool {
	switch {
	case !c.reused.Load():
		return false
	case err == nil:
		// Some receivers and proxies send this when they close (RFC 9110,
		// 15.5.9).
		return res.StatusCode == http.StatusRequestTimeout && res.Close
	case c.answered.Load(), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	// A reset of one HTTP/2 stream leaves the connection as it was. Only this
	// code promises that the request was not read.
	reset, ok := streamResetOf(err)
	return !ok || reset.byReceiver() && http2Code(reset.Code) == codeRefusedStream
}
