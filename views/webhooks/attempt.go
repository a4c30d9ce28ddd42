package webhooks

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/views/endpoint"
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
	// Event is the event; nil if it is no longer kept. Body is the request's body.
	Event *event.Event
	Body  string
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
