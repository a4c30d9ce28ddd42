package send

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/trace"
)

// Request is a delivery request: one event to send to one endpoint.
type Request struct {
	Event *event.Event
	Trace *trace.Attempt // nil without tracing
	// Suppressed is the number of similar events that storm control held back
	// since the last one that was sent.
	Suppressed int
	Replay     bool // the event is sent again on request
	Test       bool // the event is a sample
}

// Result is the outcome of one attempt.
type Result struct {
	At          time.Time
	Duration    time.Duration
	Status      int
	Class       delivery.Class
	Detail      string
	Response    string
	Timeline    *delivery.Timeline // of an attempt that failed, or may count as slow
	RetryAfter  time.Duration      // that the receiver asked for; at most MaxRetryAfter
	Repeats     int64              // further requests because a connection was stale
	Interrupted bool               // Postern stopped it; it counts for nothing
}

// Attempt returns the attempt to record.
func (r *Result) Attempt(seq int64, number int, replay bool) delivery.Attempt {
	return delivery.Attempt{
		Seq: seq, Number: number, Replay: replay, At: r.At, Duration: r.Duration,
		Status: r.Status, Class: r.Class, Detail: r.Detail, Response: r.Response, Timeline: r.Timeline,
	}
}

// headerRepeatable has no value and isn't sent. It allows net/http to repeat the
// request, since every delivery may arrive twice.
const headerRepeatable = "X-Idempotency-Key"

// request returns the signed HTTP request of one attempt. net/http may repeat it
// at most repeats times.
func (c *Client) request(p Request, at time.Time, repeats int) *http.Request {
	body := c.payloads.Encode(p.Event, c.payload)
	sign := c.signers.Get().(*Signer)
	header := sign.Header(p, body, at, c.agent)
	c.signers.Put(sign)
	header[headerRepeatable] = nil
	if p.Trace != nil {
		header[trace.Header] = []string{p.Trace.Traceparent()}
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
