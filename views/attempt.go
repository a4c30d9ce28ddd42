package views

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
)

// attemptURL is an attempt's own address.
func attemptURL(webhook, attempt string) templ.SafeURL {
	return webhookURL(webhook) + templ.SafeURL("/attempts/"+url.PathEscape(attempt))
}

// AttemptProps is the page of one attempt.
type AttemptProps struct {
	Frame
	Now      time.Time
	Endpoint Endpoint
	Attempt  Attempt
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

// answered reports whether the receiver said anything.
func (a Attempt) answered() bool { return a.Status != 0 }

// Remedy says what to do about a failure; empty where nothing is wrong.
func (a Attempt) Remedy() string {
	if a.OK {
		return ""
	}
	switch a.Class {
	case "dns":
		return "Check the host in the webhook's URL, and whether this machine's name server knows it."
	case "connect":
		return "Is the receiver running, and can it be reached from this machine? A firewall may be in between."
	case "tls":
		if strings.Contains(a.Detail, "client certificate") {
			return "Let the receiver take deliveries without a client certificate: they are signed, which it can verify instead."
		}
		return "Check the receiver's certificate: whom it is for, whether it has expired, and whether its chain is complete."
	case "timeout":
		return "Let the receiver answer first and work afterwards, or give it more time under the webhook's settings."
	case "refused":
		return "If it is meant to be called, change the setting that is named above where Postern is started."
	case "body":
		return "Look at the receiver's log, or at that of a proxy before it: the connection or its HTTP/2 stream ended too early."
	case "other":
		return "What is said above is all that is known. A test event shows each step of the exchange."
	}
	switch {
	case isRedirect(a.Status):
		return "Redirects are not followed: change the webhook's URL to where it leads."
	case a.Status == 401, a.Status == 403:
		return "The receiver may check the signature with another secret. Compare the two, or rotate the secret."
	case a.Status == 404, a.Status == 405:
		return "Check the path in the webhook's URL: the receiver takes nothing there."
	case a.Status == 410:
		return "The receiver wants no more events: the webhook was disabled. Resume it once the receiver takes them again."
	case a.Status == 413:
		return "The receiver takes only smaller bodies; an event has up to 256 KiB."
	case a.Status == 429:
		return "The receiver wants fewer requests: Postern slows down by itself. A limit under the webhook's settings helps too."
	case a.Status >= 500:
		return "Something is wrong at the receiver: look at its log. Postern retries automatically."
	}
	return "Any answer but 2xx is a failure. The beginning of the answer may say why."
}

// AttemptFilter is what narrows a list of attempts, as its form has it.
type AttemptFilter struct {
	Outcome, Class string
	Replay         bool
	Since, Until   time.Time
	// From and To are what was typed and can't be read as times.
	From, To string
	Errors   map[string]string
}

// Query is the filter as a URL's query.
func (f AttemptFilter) Query() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("outcome", f.Outcome)
	set("class", f.Class)
	if f.Replay {
		v.Set("replay", "true")
	}
	if !f.Since.IsZero() {
		v.Set("since", f.Since.UTC().Format(time.RFC3339Nano))
	}
	if !f.Until.IsZero() {
		v.Set("until", f.Until.UTC().Format(time.RFC3339Nano))
	}
	return v
}

// narrowed reports whether the filter leaves anything out.
func (f AttemptFilter) narrowed() bool { return len(f.Query()) > 0 }

// timed reports whether times or a class narrow it, which stand folded.
func (f AttemptFilter) timed() bool {
	return f.Class != "" || !f.Since.IsZero() || !f.Until.IsZero() || len(f.Errors) > 0
}

// with returns the filter with another outcome, and asked for again or not.
func (f AttemptFilter) with(outcome string, replay bool) AttemptFilter {
	f.Outcome, f.Replay = outcome, replay
	if outcome == "delivered" {
		f.Class = ""
	}
	return f
}

// attemptClass is a class of failure in words.
type attemptClass struct{ name, words string }

var attemptClasses = []attemptClass{
	{"status", "Answered other than 2xx"}, {"timeout", "No answer in time"}, {"connect", "Could not connect"},
	{"tls", "The TLS connection failed"}, {"dns", "The host's name was not found"}, {"refused", "The address is not allowed"},
	{"body", "No whole answer"}, {"other", "Anything else"},
}

func attemptsURL(p WebhookProps, f AttemptFilter, cursor string) templ.SafeURL {
	return templ.SafeURL(attemptsPath(p, f, cursor) + "#attempts")
}

func attemptsPath(p WebhookProps, f AttemptFilter, cursor string) string {
	v := f.Query()
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	to := string(webhookURL(p.Endpoint.ID))
	if len(v) > 0 {
		to += "?" + v.Encode()
	}
	return to
}

// none says why a list of attempts is empty, and what to do.
func (p WebhookProps) noAttempts() string {
	switch {
	case p.Older != "":
		return "None among the newest ones. Older ones may match."
	case p.Filter.narrowed():
		return "No attempt matches."
	default:
		return "Nothing was sent here yet. The first event that matches will be."
	}
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
