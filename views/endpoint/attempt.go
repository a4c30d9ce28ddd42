package endpoint

import (
	"strconv"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Answered reports whether the receiver said anything.
func (a Attempt) Answered() bool { return a.Status != 0 }

// attemptClass is a class of failure in words.
type attemptClass struct{ Name, Words string }

var AttemptClasses = []attemptClass{
	{"status", "Status other than 2xx"}, {"timeout", "No response in time"}, {"connect", "Connection failed"},
	{"tls", "TLS connection failed"}, {"dns", "Host name not found"}, {"refused", "Address not allowed"},
	{"body", "Incomplete response"}, {"other", "Other causes"},
}

// Attempt is one try to deliver an event.
type Attempt struct {
	// ID names it among its webhook's; empty where it isn't kept.
	ID        string
	EventID   string
	EventType event.Type
	At        time.Time
	Duration  time.Duration
	Try       int
	Status    int
	OK        bool
	Class     string
	Detail    string
	Response  string
	// Replay says that a person asked for it again.
	Replay bool
}

// Outcome says in plain words how an attempt went.
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

// statusWords explains the statuses that receivers answer most.
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

// AttemptDetail is what a failed attempt left to read: the receiver's own words
// where it had any.
func AttemptDetail(a Attempt) string {
	if a.OK {
		return ""
	}
	if a.Response != "" {
		return a.Response
	}
	return a.Detail
}
