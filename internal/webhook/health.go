package webhook

import (
	"time"

	"postern/internal/journal"
)

// State is what an endpoint's lane is doing. docs/webhooks.md draws how one
// follows another.
type State string

// The states of an endpoint.
const (
	Active   State = "active"   // delivering
	Failing  State = "failing"  // probing; what waits uses up no tries
	Paused   State = "paused"   // by a person; nothing is lost
	Disabled State = "disabled" // after five days of failing, or 410 Gone
)

// disableAfter is how long an endpoint may be failing.
const disableAfter = 5 * 24 * time.Hour

// health decides which state an endpoint is in. An event may fail for reasons
// of its own; failures in a row, across events, are the endpoint's.
type health struct {
	state   State
	since   time.Time // failing since; zero in other states
	entered time.Time // the failing state, in this run; zero otherwise
	probeAt time.Time
	probes  int // that failed
	streak  int // failures since the last success
}

// healthOf takes up an endpoint's state where it was left.
func healthOf(e *journal.Endpoint) health {
	h := health{state: State(e.State)}
	switch {
	case h.state == "":
		h.state = Active
	case h.failing() && e.FailingSince.IsZero():
		h.since = e.StateAt
	case h.failing():
		h.since = e.FailingSince
	}
	return h
}

func (h *health) failing() bool { return h.state == Failing }

// out reports whether failures are the endpoint's rather than an event's:
// outages use up no tries.
func (h *health) out() bool { return h.state == Failing || h.state == Disabled }

// over reports whether an endpoint has been failing for too long. It is asked
// once more by whoever takes it up, as after a restart.
func (h *health) over(now time.Time) bool { return h.probes > 0 && now.Sub(h.since) >= disableAfter }

// enter begins a state.
func (h *health) enter(to State, at time.Time) {
	probeAt := h.probeAt
	*h = health{state: to}
	if to == Failing {
		h.since, h.entered, h.probeAt = at, at, probeAt
	}
}

// succeeded takes a success into account and reports whether it ends a
// failing state.
func (h *health) succeeded() (recovered bool) {
	h.streak = 0
	return h.failing()
}

// failed takes a failed request into account and reports whether it begins a
// failing state.
func (h *health) failed(began, ended time.Time, ordered bool) (begins bool) {
	h.streak++
	limit := failingAfter
	if ordered {
		limit = failingAfterOrdered
	}
	switch {
	case h.failing():
		// Not since: a clock that was set back across a restart would be
		// before that for long, and every probe be followed by the next at once.
		if !began.After(h.entered) {
			return false // it was in flight when the state began
		}
		h.probes++
	case h.state == Active && h.streak >= limit:
		begins = true
	default:
		return false
	}
	h.probeAt = ended.Add(probeDelay(h.probes))
	return begins
}
