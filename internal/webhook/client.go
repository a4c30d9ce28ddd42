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
	"unicode/utf8"

	"postern/internal/event"
	"postern/internal/journal"
	"postern/internal/trace"
)

// Bounds of one exchange.
const (
	exchangeTimeout  = 15 * time.Second
	connectTimeout   = 5 * time.Second
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
	class       Class
	detail      string
	response    string
	retryAfter  time.Duration // that the receiver asked for; at most an hour
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
	agent     string
	timeout   time.Duration // of one exchange
	guard     *Guard
	payload   Payload
	payloads  *payloads
	transport *http.Transport
	signers   sync.Pool // of *signer
}

// newClient makes an endpoint's client with a connection for each request
// that may be in flight.
func newClient(e *journal.Endpoint, guard *Guard, payloads *payloads, agent string) (*client, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		// Not what url.Parse says: it repeats the URL, which may be a secret.
		return nil, fmt.Errorf("read the url of %s: it is not a URL", e.ID)
	}
	settings, _, err := settingsOf(e)
	if err != nil {
		return nil, err
	}
	keys := secretsOf(e)
	c := &client{
		url:      u,
		agent:    agent,
		timeout:  settings.timeout(),
		guard:    guard,
		payload:  settings.Payload,
		payloads: payloads,
		transport: &http.Transport{
			// No proxy of the environment: it would dial what the guard
			// refuses.
			DialContext:            guard.dialer(),
			TLSHandshakeTimeout:    connectTimeout,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    settings.concurrency(),
			MaxConnsPerHost:        settings.concurrency(),
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxResponseBytes,
			WriteBufferSize:        4 << 10,
			ReadBufferSize:         4 << 10,
		},
		signers: sync.Pool{New: func() any { return newSigner(keys) }},
	}
	if guard.proxy != nil {
		c.transport.Proxy = guard.throughProxy
	}
	return c, nil
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// send makes one attempt. The transport is called directly: a redirect is an
// answer like any other, and no cookie is kept.
func (c *client) send(ctx context.Context, p parcel) (r result) {
	r = result{at: time.Now()}
	defer func() { r.duration = time.Since(r.at) }()
	if c.guard.httpsOnly && c.url.Scheme != "https" {
		r.class, r.detail = ClassRefused, "The URL is plain http, which Postern calls only with --allow-http."
		return r
	}
	if words := c.payloads.lacks(c.payload); words != "" {
		r.class, r.detail = ClassRefused, "The payload "+words+"."
		return r
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	res, err := c.transport.RoundTrip(c.request(p, r.at).WithContext(timed))
	if err != nil {
		r.fail(ctx, timed, c.timeout, err)
		return r
	}
	defer res.Body.Close()
	r.status = res.StatusCode
	head, err := readResponse(res)
	if p.test {
		r.response = head
	}
	switch {
	case err != nil:
		r.fail(ctx, timed, c.timeout, err)
		if r.class == ClassOther {
			r.class, r.detail = ClassBody, "The receiver's answer broke off."
		}
		r.response = head
	case r.status < 200 || r.status > 299:
		r.class, r.response = ClassStatus, head
		r.retryAfter = parseRetryAfter(res.Header.Get("Retry-After"), time.Now())
		r.detail = statusWords(r.status)
	}
	return r
}

// request makes the signed request of one attempt.
func (c *client) request(p parcel, at time.Time) *http.Request {
	body := c.payloads.encode(p.event, c.payload)
	sign := c.signers.Get().(*signer)
	header := sign.deliveryHeader(p, body, at, c.agent)
	c.signers.Put(sign)
	if p.attempt != nil {
		header[trace.Header] = []string{p.attempt.Traceparent()}
	}
	return &http.Request{
		Method: http.MethodPost, URL: c.url, Host: c.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)),
		// Lets the transport repeat a request on a connection that the
		// receiver had closed while it was idle.
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}
}

// fail fills in what an error means. An end that ctx brought about, and not
// the attempt's own time limit, is Postern's doing.
func (r *result) fail(ctx, timed context.Context, timeout time.Duration, err error) {
	switch {
	case ctx.Err() != nil:
		r.interrupted = true
	case timed.Err() != nil && errors.Is(err, context.DeadlineExceeded):
		r.class, r.detail = ClassTimeout, fmt.Sprintf("The receiver did not answer within %d s.", int(timeout.Seconds()))
	default:
		r.class, r.detail = classify(err)
	}
}

// readResponse reads a bounded part of a response and returns its beginning.
func readResponse(res *http.Response) (head string, err error) {
	if res.StatusCode == http.StatusSwitchingProtocols {
		// What looks like its body is the bare connection, which neither the
		// time limit nor a cancellation ends.
		return "", nil
	}
	var kept bytes.Buffer
	limited := io.LimitReader(res.Body, maxResponseBytes)
	if _, err := io.CopyN(&kept, limited, keptResponse); errors.Is(err, io.EOF) {
		return responseText(kept.Bytes()), nil
	} else if err != nil {
		return responseText(kept.Bytes()), err
	}
	_, err = io.Copy(io.Discard, limited)
	return responseText(kept.Bytes()), err
}

// responseText makes what a receiver said fit to be kept as text. Replacing
// what isn't UTF-8 may make it longer than what is kept.
func responseText(b []byte) string {
	text := strings.ToValidUTF8(string(b), "\uFFFD")
	n := min(len(text), keptResponse)
	for n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// statusWords says what an answer other than 2xx means.
func statusWords(status int) string {
	name := http.StatusText(status)
	if name != "" {
		name = " " + name
	}
	switch {
	case status >= 300 && status <= 399:
		return fmt.Sprintf("The receiver answered %d%s. Redirects are not followed: register the final address.", status, name)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Sprintf("The receiver answered %d%s: it may check the signature with another secret.", status, name)
	default:
		return fmt.Sprintf("The receiver answered %d%s.", status, name)
	}
}
