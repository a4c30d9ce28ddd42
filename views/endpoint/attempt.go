package endpoint

import (
	"strconv"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Answered reports whether the receiver sent a response.
func (a Attempt) Answered() bool { return a.Status != 0 }

// attemptClass is a class of failure with its name for people.
type attemptClass struct{ Name, Words string }

var AttemptClasses = []attemptClass{
	{"status", "Status other than 2xx"}, {"timeout", "No response in time"}, {"connect", "Connection failed"},
	{"tls", "TLS connection failed"}, {"dns", "Host name not found"}, {"refused", "Address not allowed"},
	{"body", "Incomplete response"}, {"other", "Other causes"},
}

// Attempt is one HTTP request of a delivery.
type Attempt struct {
	// ID names it among its webhook's attempts; empty if it isn't stored.
	ID        string
	EventID   string
	EventType event.Type
	At        time.Time
	Duration  time.Duration
	Number    int
	Status    int
	OK        bool
	Class     string
	Detail    string
	Response  string
	// Replay says that the event was resent on request.
	Replay bool
}

// Outcome describes how an attempt ended.
func (a Attempt) Outcome() string {
	if a.OK {
		return "Delivered in " + ui.Span(a.Duration)
	}
	switch a.Class {
	case "dns":
		return "Host name not found"
	case "connect":
		return "Connection failed"
	case "tls":
		return "TLS connection failed"
	case "timeout":
		return "No response within " + ui.Span(a.Duration)
	case "refused":
		return "Address not allowed"
	case "body":
		if a.Status != 0 {
			return "Answered " + strconv.Itoa(a.Status) + ", but the response ended early"
		}
		return "Incomplete response"
	}
	if a.Status != 0 {
		return "Answered " + strconv.Itoa(a.Status) + statusWords(a.Status)
	}
	return "Failed"
}

// isRedirect reports whether a status sends a request elsewhere; 300, 304 and
// 305 don't.
func isRedirect(status int) bool {
	return status >= 301 && status <= 303 || status == 307 || status == 308
}

// statusWords explains the statuses that receivers send most.
func statusWords(status int) string {
	switch {
	case isRedirect(status):
		return ", a redirect, which is not followed"
	case status == 304:
		return ", not modified"
	case status == 401, status == 403:
		return ", access denied"
	case status == 404:
		return ", nothing at that path"
	case status == 410:
		return ", gone for good"
	case status == 429:
		return ", too many requests"
	case status >= 500:
		return ", an error at the receiver"
	}
	return ""
}

// AttemptDetail is the start of a failed attempt's response, or else Postern's own
// detail.
func AttemptDetail(a Attempt) string {
	if a.OK {
		return ""
	}
	if a.Response != "" {
		return a.Response
	}
	return a.Detail
}
