package webhooks

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/internal/event"
	"postern/views/endpoint"
	"postern/views/ui"
)

// AttemptProps is the page of one attempt.
type AttemptProps struct {
	ui.Frame
	Now      time.Time
	Endpoint endpoint.Endpoint
	Attempt  endpoint.Attempt
	// Method, URL and Headers are what the request had. Moved says that the
	// webhook was changed since, and that these may differ.
	Method, URL string
	Moved       bool
	Headers     []SentHeader
	// Event is what it was about; nil once it is no longer kept. Body is what
	// was sent of it.
	Event *event.Event
	Body  string
}

// SentHeader is a header of a request; Value is empty for a signature.
type SentHeader struct{ Name, Value, Means string }

// requestLine is the first line of the request.
func (p AttemptProps) requestLine() string {
	target := "/"
	if u, err := url.Parse(p.URL); err == nil {
		target = u.RequestURI()
	}
	return p.Method + " " + target
}

// readable is a receiver's answer as it is shown.
func readable(text string) string { return strings.TrimRight(text, "\r\n") }

// httpText is a status's own name, after a space.
func httpText(status int) string {
	if name := http.StatusText(status); name != "" {
		return " " + name
	}
	return ""
}
