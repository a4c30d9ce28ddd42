package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/trace"
	"postern/internal/webhook/egress"
)

// Bounds of one exchange.
const (
	maxResponseBytes = 64 << 10 // read, so that the connection can be used again
	keptResponse     = 4 << 10  // of a failed one, kept with the attempt
)

// parcel is one event on its way to one endpoint.
type parcel struct {
	event      *event.Event
	attempt    *trace.Attempt // nil where nothing is traced
	suppressed int            // events like it that storm control held back before it
	replay     bool           // a person asked for it again
	test       bool           // a sample, sent to see what happens
}

// result is what became of one attempt.
type result struct {
	key         parcelKey // set by the lane
	at          time.Time
	duration    time.Duration
	status      int
	class       delivery.Class
	detail      string
	response    string
	retryAfter  time.Duration // that the receiver asked for; at most an hour
	repeats     int64         // extra requests because a connection was stale
	interrupted bool          // Postern itself ended it; it counts for nothing
}

// sender delivers events to one endpoint. The seam is for tests of the
// schedule, where time is simulated.
type sender interface {
	send(ctx context.Context, p parcel) result
	close()
}

// client is a lane's HTTP client: its own connections, so that no other
// endpoint can use them up.
type client struct {
	url       *url.URL
	host      string // value of the Host header
	agent     string
	timeout   time.Duration // of one exchange
	guard     *egress.Guard
	payload   delivery.Payload
	payloads  *payloads
	transport *http.Transport
	// certificate notes whether the receiver demands a client certificate.
	certificate certificateRequest
	signers     sync.Pool // of *signer
}

// newClient makes an endpoint's client with a connection for each request
// that may be in flight.
func newClient(e *store.EndpointRecord, guard *egress.Guard, payloads *payloads, agent string) (*client, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		// Not what url.Parse says: it repeats the URL, which may be a secret.
		return nil, fmt.Errorf("read the url of %s: it is not a URL", e.ID)
	}
	if e.Unreadable != nil {
		return nil, e.Unreadable
	}
	settings := &e.Settings
	c := &client{
		url:      u,
		host:     egress.HostHeader(u),
		agent:    agent,
		timeout:  settings.Timeout(),
		guard:    guard,
		payload:  settings.Payload,
		payloads: payloads,
		transport: &http.Transport{
			// No proxy of the environment: it would dial what the guard
			// refuses.
			DialContext:            guard.Dialer(),
			TLSHandshakeTimeout:    egress.ConnectTimeout,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    settings.Concurrency(),
			MaxConnsPerHost:        settings.Concurrency(),
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxResponseBytes,
			// Small, since a busy webhook has as many as it has connections;
			// what is larger is written and read past them.
			WriteBufferSize: 2 << 10,
			ReadBufferSize:  2 << 10,
		},
		signers: sync.Pool{New: func() any { return newSigner(e.Secrets) }},
	}
	c.transport.TLSClientConfig.GetClientCertificate = c.certificate.answer
	if guard.Policy().Proxy != nil {
		c.transport.Proxy = guard.ProxyFor
	}
	return c, nil
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// send makes one attempt. The transport is called directly: a redirect is an
// answer like any other, and no cookie is kept.
func (c *client) send(ctx context.Context, p parcel) (r result) {
	r = result{at: time.Now()}
	defer func() { r.duration = time.Since(r.at) }()
	if err := c.guard.CheckScheme(c.url); err != nil {
		r.class, r.detail = delivery.ClassRefused, err.Error()
		return r
	}
	if words := c.payloads.lacks(c.payload); words != "" {
		r.class, r.detail = delivery.ClassRefused, "The payload "+words+"."
		return r
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	res, repeats, err := c.exchange(timed, p, r.at)
	r.repeats = repeats
	if err != nil {
		c.fail(&r, ctx, timed, err)
		return r
	}
	defer res.Body.Close()
	r.status = res.StatusCode
	body, err := readResponse(res)
	if r.status < 200 || r.status > 299 {
		r.class, r.detail = delivery.ClassStatus, statusWords(r.status)
		r.retryAfter = parseRetryAfter(res.Header.Get("Retry-After"), time.Now())
	}
	if r.class != delivery.ClassNone || err != nil || p.test {
		r.response = body.text(res.Header)
	}
	if err != nil {
		c.fail(&r, ctx, timed, err)
	}
	return r
}

// headerRepeatable has no value and isn't sent. It allows net/http to repeat
// the request: every delivery may arrive twice.
const headerRepeatable = "X-Idempotency-Key"

// request makes the signed request of one attempt. net/http may repeat it a
// limited number of times.
func (c *client) request(p parcel, at time.Time, repeats int) *http.Request {
	body := c.payloads.encode(p.event, c.payload)
	sign := c.signers.Get().(*signer)
	header := sign.deliveryHeader(p, body, at, c.agent)
	c.signers.Put(sign)
	header[headerRepeatable] = nil
	if p.attempt != nil {
		header[trace.Header] = []string{p.attempt.Traceparent()}
	}
	return &http.Request{
		Method: http.MethodPost, URL: c.url, Host: c.host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)),
		GetBody: func() (io.ReadCloser, error) {
			if repeats == 0 {
				return nil, errNoRepeat
			}
			repeats--
			return io.NopCloser(bytes.NewReader(body)), nil
		},
	}
}

// fail fills in what an error means. An end that ctx brought about, and not
// the attempt's own time limit, is Postern's doing. Where there is a status, it
// arrived before the error.
func (c *client) fail(r *result, ctx, timed context.Context, err error) {
	answered := r.status != 0
	switch {
	case ctx.Err() != nil:
		r.interrupted, r.class, r.detail = true, delivery.ClassNone, ""
	case timed.Err() != nil && errors.Is(err, context.DeadlineExceeded):
		r.class = delivery.ClassTimeout
		if answered {
			r.detail = fmt.Sprintf("The receiver answered %s, but the body of its answer did not end within %d s.", statusName(r.status), int(c.timeout.Seconds()))
		} else {
			r.detail = fmt.Sprintf("The receiver did not answer within %d s.", int(c.timeout.Seconds()))
		}
	case r.class == delivery.ClassStatus:
		// The status is more useful than the error in the body.
	case answered:
		r.class, r.detail = delivery.ClassBody, fmt.Sprintf("The receiver answered %s, but the body of its answer broke off%s.", statusName(r.status), brokenOff(err))
	case c.certificate.demanded(err):
		r.class, r.detail = delivery.ClassTLS, "The receiver demands a client certificate, and Postern has none to show (certificate required)."
	default:
		r.class, r.detail = classify(err)
	}
}

// statusName is a status with its name, such as "404 Not Found".
func statusName(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// isRedirect reports whether a status sends the request elsewhere; 300, 304 and
// 305 don't.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// statusWords says what an answer other than 2xx means.
func statusWords(status int) string {
	name := statusName(status)
	switch {
	case isRedirect(status):
		return fmt.Sprintf("The receiver answered %s. Redirects are not followed: register the final address.", name)
	case status == http.StatusNotModified:
		return fmt.Sprintf("The receiver answered %s, which is for cached pages and has no meaning for a delivery.", name)
	case status == http.StatusUseProxy:
		return fmt.Sprintf("The receiver answered %s, which no client follows any more. See --delivery-proxy.", name)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Sprintf("The receiver answered %s: it may check the signature with another secret.", name)
	default:
		return fmt.Sprintf("The receiver answered %s.", name)
	}
}
