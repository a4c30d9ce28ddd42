package webhook

import "time"

// State is what an endpoint's lane is doing.
type State string

// The states of an endpoint.
const (
	Active  State = "active"  // delivering
	Failing State = "failing" // probing; what waits uses up no tries
)

// Words returns the state as a page says it.
func (s State) Words() string {
	switch s {
	case Active:
		return "Active"
	case Failing:
		return "Failing"
	default:
		return string(s)
	}
}

// health decides whether an endpoint is failing. An event may fail for
// reasons of its own; failures in a row, across events, are the endpoint's.
type health struct {
	since   time.Time // failing since; zero while active
	probeAt time.Time
	probes  int // that failed
	streak  int // failures since the last success
}

func (h *health) failing() bool { return !h.since.IsZero() }

func (h *health) state() State {
	if h.failing() {
		return Failing
	}
	return Active
}

// succeeded takes a success into account and reports whether it ended a
// failing state.
func (h *health) succeeded() (recovered bool) {
	recovered = h.failing()
	*h = health{}
	return recovered
}

// failed takes a failure into account and reports whether it began a failing
// state.
func (h *health) failed(now time.Time) (began bool) {
	h.streak++
	switch {
	case h.failing():
		if now.Before(h.probeAt) {
			return false // it was in flight when the state began
		}
		h.probes++
	case h.streak >= failingAfter:
		h.since = now
		began = true
	default:
		return false
	}
	h.probeAt = now.Add(probeDelay(h.probes))
	return began
}
