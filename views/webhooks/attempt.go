package webhooks

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/views/endpoint"
	"postern/views/timeline"
	"postern/views/ui"
)

// AttemptProps are the props of an attempt's page.
type AttemptProps struct {
	ui.Frame
	Now      time.Time
	Endpoint endpoint.Endpoint
	Attempt  delivery.Attempt
	// Method, URL and Headers are those of the request. Moved says that the webhook
	// was changed since, so that they may differ.
	Method, URL string
	Moved       bool
	Headers     []SentHeader
	// Signed says that the headers have the values of the signatures as they were sent.
	Signed bool
	// Event is the event; nil if it is no longer kept. Body is the request's body.
	Event *event.Event
	Body  string
	// Committed is when the event was on disk; zero where that isn't known. Delivery is
	// the delivery that the attempt belongs to; nil if it isn't known.
	Committed time.Time
	Delivery  *delivery.Delivery
}

// waterfall are the props of the attempt's timeline.
func (p AttemptProps) waterfall() timeline.Props {
	out := timeline.Props{Now: p.Now, Attempt: p.Attempt, Committed: p.Committed, Delivery: p.Delivery}
	if p.Event != nil {
		out.Received = p.Event.Received
	}
	return out
}

// curl is a command that sends the request again as it was sent, for a POSIX shell.
// Headers that curl makes itself, and signatures that aren't known, are left out.
func (p AttemptProps) curl() string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	var b strings.Builder
	b.WriteString("curl -X " + p.Method + " " + quote(p.URL))
	for _, h := range p.Headers {
		if h.Value != "" && h.Name != "Host" && h.Name != "Content-Length" {
			b.WriteString(" \\\n  -H " + quote(h.Name+": "+h.Value))
		}
	}
	b.WriteString(" \\\n  --data-raw " + quote(p.Body))
	return b.String()
}

// SentHeader is a header of a request; Value is empty for a signature that isn't known.
type SentHeader struct {
	Name, Value, Means string
	Signature          bool
}

// requestLine is the first line of the request.
func (p AttemptProps) requestLine() string {
	target := "/"
	if u, err := url.Parse(p.URL); err == nil {
		target = u.RequestURI()
	}
	return p.Method + " " + target
}

// readable is a response's body without line ends at its end.
func readable(text string) string { return strings.TrimRight(text, "\r\n") }

// httpText is a status's standard name, after a space.
func httpText(status int) string {
	if name := http.StatusText(status); name != "" {
		return " " + name
	}
	return ""
}
