package send

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/egress"
)

// Limits of a response.
const (
	maxResponseBytes = 64 << 10 // that are read, so that the connection can be reused
	// MaxResponseText is the number of bytes of a failed response that are stored
	// with its attempt.
	MaxResponseText = 4 << 10
)

// Client sends events to one endpoint. It has connections of its own, so that no
// other endpoint can use them up. It is safe for concurrent use.
type Client struct {
	url       *url.URL
	host      string // value of the Host header
	agent     string
	timeout   time.Duration // of one request
	guard     *egress.Guard
	payload   delivery.Payload
	payloads  *Payloads
	transport *http.Transport
	// certificate notes whether the receiver demands a client certificate.
	certificate certificateRequest
	signers     sync.Pool // of *signer
}

// NewClient returns an endpoint's client, with a connection for each request that
// may be in flight. agent is the User-Agent header.
func NewClient(e *delivery.Endpoint, secrets delivery.Secrets, guard *egress.Guard, payloads *Payloads, agent string) (*Client, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		// Not what url.Parse says: it repeats the URL, which may be a secret.
		return nil, fmt.Errorf("read the url of %s: it is not a URL", e.ID)
	}
	if e.Unreadable != nil {
		return nil, e.Unreadable
	}
	settings := &e.Settings
	c := &Client{
		url:      u,
		host:     egress.HostHeader(u),
		agent:    agent,
		timeout:  settings.Timeout(),
		guard:    guard,
		payload:  settings.Payload,
		payloads: payloads,
		transport: &http.Transport{
			// Never the environment's proxy: it would connect to targets that the
			// guard refuses.
			DialContext:            recordDial(guard.Dialer()),
			TLSHandshakeTimeout:    egress.ConnectTimeout,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    settings.Concurrency(),
			MaxConnsPerHost:        settings.Concurrency(),
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxResponseBytes,
			// Small, since each connection has two. Larger bodies bypass them.
			WriteBufferSize: 2 << 10,
			ReadBufferSize:  2 << 10,
		},
		signers: sync.Pool{New: func() any { return NewSigner(secrets) }},
	}
	c.transport.TLSClientConfig.GetClientCertificate = c.certificate.answer
	if guard.Policy().Proxy != nil {
		c.transport.Proxy = guard.ProxyFor
	}
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Send makes one attempt. It calls the transport directly: redirects aren't
// followed, and no cookie is stored.
func (c *Client) Send(ctx context.Context, p Request) (r Result) {
	r = Result{At: time.Now()}
	var x *exchangeRecord
	var res *http.Response
	defer func() {
		r.Duration = time.Since(r.At)
		if x != nil && !r.Interrupted && (r.Class != delivery.ClassNone || p.Test || r.Duration >= SlowAtLeast) {
			r.Timeline = x.timeline(r.Duration, res)
			if r.Class == delivery.ClassRefused {
				r.Timeline.Phases[delivery.PhaseConnect] = delivery.PhaseTime{} // it wasn't begun
			}
		}
	}()
	if err := c.guard.CheckScheme(c.url); err != nil {
		r.Class, r.Detail = delivery.ClassRefused, err.Error()
		return r
	}
	if words := c.payloads.Lacks(c.payload); words != "" {
		r.Class, r.Detail = delivery.ClassRefused, words
		return r
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	res, x, err := c.exchange(timed, p, r.At)
	r.Repeats = x.repeats()
	if err != nil {
		c.fail(&r, ctx, timed, err)
		return r
	}
	defer res.Body.Close()
	r.Status = res.StatusCode
	body, err := readResponse(res)
	if r.Status < 200 || r.Status > 299 {
		r.Class, r.Detail = delivery.ClassStatus, statusText(r.Status)
		r.RetryAfter = parseRetryAfter(res.Header.Get("Retry-After"), time.Now())
	}
	if r.Class != delivery.ClassNone || err != nil || p.Test {
		r.Response = body.text(res.Header)
	}
	if err != nil {
		c.fail(&r, ctx, timed, err)
	}
	return r
}

// fail fills in the class and detail of an error. If ctx has ended, and not only
// the attempt's own timeout, Postern has interrupted the attempt. A status means
// that the response's head arrived before the error.
func (c *Client) fail(r *Result, ctx, timed context.Context, err error) {
	answered := r.Status != 0
	switch {
	case ctx.Err() != nil:
		r.Interrupted, r.Class, r.Detail = true, delivery.ClassNone, ""
	case timed.Err() != nil && errors.Is(err, context.DeadlineExceeded):
		r.Class = delivery.ClassTimeout
		if answered {
			r.Detail = fmt.Sprintf("The receiver answered %s, but the body of its answer did not end within %d s.", statusName(r.Status),
				int(c.timeout.Seconds()))
		} else {
			r.Detail = fmt.Sprintf("The receiver did not answer within %d s.", int(c.timeout.Seconds()))
		}
	case r.Class == delivery.ClassStatus:
		// The status says more than the error in the body.
	case answered:
		r.Class, r.Detail = delivery.ClassBody, fmt.Sprintf("The receiver answered %s, but the body of its answer broke off%s.",
			statusName(r.Status), brokenOff(err))
	case c.certificate.demanded(err):
		r.Class, r.Detail = delivery.ClassTLS, "The receiver demands a client certificate, and Postern has none to show (certificate required)."
	default:
		r.Class, r.Detail = classify(err)
	}
}
