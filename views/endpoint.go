package views

import (
	"slices"
	"strconv"
	"time"

	"postern/internal/event"
)

// State is how an endpoint is doing.
type State string

// The states of an endpoint.
const (
	StateActive   State = "active"
	StateFailing  State = "failing"
	StatePaused   State = "paused"
	StateDisabled State = "disabled"
)

// Endpoint is a webhook as its row and its page show it.
type Endpoint struct {
	ID        string
	URL       string
	Types     event.TypeSet
	Secrets   []SigningSecret // newest first; none means unsigned
	Settings  Settings
	CreatedAt time.Time
	State     State
	// StateAt is since when and StateCause why; zero where it has been so
	// from the beginning.
	StateAt    time.Time
	StateCause string
	// NextProbe is when a failing endpoint is tried next.
	NextProbe time.Time
	// Blocking is the id of the event that an ordered webhook's receiver
	// refuses; empty for none.
	Blocking string
	// Waiting is the number of events that wait to be sent for the first time.
	// Retrying and Exhausted are deliveries that failed.
	Waiting   int64
	Estimated bool // Waiting
	InFlight  int
	Retrying  int
	Exhausted int
	// Delivered and Failed count attempts. Expired, Suppressed and Skipped
	// count events that retention removed undelivered, that storm control held
	// back, and that a person chose not to have sent.
	// ExpiredRetries are those of Expired that waited for a retry.
	Delivered, Failed            int64
	Expired, Suppressed, Skipped int64
	ExpiredRetries               int64
	// Last and LastError are the newest attempt and the newest failure on
	// record; nil for none.
	Last      *Attempt
	LastError *Attempt
	Day       Day
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

// stateMeaning puts the states on the scale that events have, so that a
// colour means one thing.
func stateMeaning(s State) event.Meaning {
	switch s {
	case StateActive:
		return event.Confirmed
	case StateFailing:
		return event.Alert
	case StateDisabled:
		return event.Fault
	default:
		return event.Routine
	}
}

// ByAttention returns the endpoints with those first that need somebody.
func ByAttention(endpoints []Endpoint) []Endpoint {
	rank := func(e Endpoint) int {
		switch {
		case e.State == StateDisabled:
			return 0
		case e.State == StateFailing:
			return 1
		case e.Exhausted > 0:
			return 2
		case e.State == StatePaused:
			return 3
		default:
			return 4
		}
	}
	sorted := slices.Clone(endpoints)
	slices.SortStableFunc(sorted, func(a, b Endpoint) int { return rank(a) - rank(b) })
	return sorted
}

// Outcome says in plain words how an attempt went.
func (a Attempt) Outcome() string {
	if a.OK {
		return "Delivered in " + Span(a.Duration)
	}
	switch a.Class {
	case "dns":
		return "The host's name was not found"
	case "connect":
		return "Could not connect"
	case "tls":
		return "The TLS connection failed"
	case "timeout":
		return "No answer within " + Span(a.Duration)
	case "refused":
		return "The address is not allowed"
	case "body":
		if a.Status != 0 {
			return "Answered " + strconv.Itoa(a.Status) + ", but the body broke off"
		}
		return "No whole answer"
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

// waiting says how far behind an endpoint is.
func (e Endpoint) waiting() string {
	if e.Waiting <= 0 && e.Retrying == 0 {
		return "Nothing"
	}
	s := Counted(max(e.Waiting, 0), "event", "events")
	if e.Estimated {
		s = "about " + s
	}
	if e.Waiting <= 0 {
		s = ""
	}
	if e.Retrying > 0 {
		if s != "" {
			s += " and "
		}
		s += Counted(int64(e.Retrying), "retry", "retries")
	}
	return s
}
