package send

import (
	"context"
	"errors"
	"net/http"
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
// failure is the receiver's.
func (c *Client) exchange(ctx context.Context, p Request, at time.Time) (res *http.Response, x *exchangeRecord, err error) {
	x, recorded := c.record(ctx, at)
	first := c.request(p, at, maxOwnRepeats)
	x.header = first.Header
	res, err = c.transport.RoundTrip(first.WithContext(recorded))
	if ctx.Err() == nil && x.wasStale(res, err) {
		if res != nil {
			res.Body.Close()
		}
		fresh := c.transport.Clone()
		fresh.DisableKeepAlives = true
		res, err = fresh.RoundTrip(c.request(p, at, 0).WithContext(recorded))
	}
	c.certificate.note(err)
	return res, x, err
}

// wasStale reports whether a request failed because the receiver had closed the
// connection, not because of the request.
func (x *exchangeRecord) wasStale(res *http.Response, err error) bool {
	x.mu.Lock()
	reused, answered := x.reused, x.answer > 0
	x.mu.Unlock()
	switch {
	case !reused:
		return false
	case err == nil:
		// Some receivers and proxies send this when they close (RFC 9110,
		// 15.5.9).
		return res.StatusCode == http.StatusRequestTimeout && res.Close
	case answered, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	// A reset of one HTTP/2 stream leaves the connection as it was. Only this
	// code promises that the request was not read.
	reset, ok := streamResetOf(err)
	return !ok || reset.byReceiver() && http2Code(reset.Code) == codeRefusedStream
}
