package worker

import (
	"time"

	"postern/internal/delivery"
	"postern/internal/store/deliveries"
)

// Rules of the failing state.
const (
	// failingAfterUnanswered is how many attempts in a row without an answer
	// (no name, no connection, no TLS, a timeout) begin the state. No event
	// can cause these, so that attempts of one event count as well.
	failingAfterUnanswered = 4
	// FailingAfter is how many distinct events in a row have to be refused
	// on their first attempt, and RefusedFor for how long no event may have
	// been accepted. Fewer events, or a shorter burst, may be refused for
	// reasons of their own.
	FailingAfter = 10
	RefusedFor   = 10 * time.Second
	// failingAfterOrdered is how often an ordered worker's event has to be
	// refused in a row: it blocks all events behind it.
	failingAfterOrdered = 3
	// doubtfulInFlight bounds the requests in flight of a worker whose last
	// FailingAfter distinct events were refused, until the cause is known.
	doubtfulInFlight = 4
	// recoverAfter is the number of probes in a row that have to succeed, and
	// recoverDwell the minimum time in the state while there is a backlog.
	// Without them, a receiver that fails at random would change state all the
	// time.
	recoverAfter = 3
	recoverDwell = 10 * time.Second
	// A webhook that fails again within flapWindow of its recovery may be one
	// whose receiver fails at random. It becomes failing again only once no event
	// has been accepted for flapHold, twice as long each time and at most for
	// flapHold<<maxFlaps: until then it goes on delivering what it can.
	flapWindow = 10 * time.Minute
	flapHold   = 10 * time.Second
	maxFlaps   = 4
	// DisableAfter is the maximum time for which an endpoint may be
	// failing.
	DisableAfter = 5 * 24 * time.Hour
)

// health decides an endpoint's state, and whether the event or the endpoint
// caused a failure. A refusal (an answer other than 2xx) is attributed to the
// event where other events are accepted, and to the endpoint where none is.
type health struct {
	state      delivery.State
	since      time.Time // failing since; zero in other states
	entered    time.Time // the failing state, in this run; zero otherwise
	probeAt    time.Time
	probes     int       // that failed in a row
	passes     int       // that succeeded in a row
	unanswered int       // attempts in a row, since the last success
	refused    int       // distinct events (ordered: attempts), since the last success
	refusedAt  time.Time // when the first of them was
	accepted   time.Time // the last success
	recovered  time.Time // when a failing state last ended, in this run
	flaps      int       // failing states in a row that began within flapWindow of a recovery
	suspect    bool      // it would be failing, if it weren't for flapHold
	// others says that an attempt has failed, since the last success, for an
	// event that isn't an announcement about a webhook. A failing state that
	// began without one is quiet: nothing announces it.
	others, quiet bool
}

// healthOf restores an endpoint's state.
func healthOf(e *deliveries.EndpointRecord) health {
	h := health{state: e.State}
	switch {
	case h.state == "":
		h.state = delivery.Active
	case h.failing() && e.FailingSince.IsZero():
		h.since = e.StateAt
	case h.failing():
		h.since = e.FailingSince
	}
	return h
}

func (h *health) failing() bool { return h.state == delivery.Failing }

// out reports whether failures are the endpoint's rather than an event's:
// outages use up no attempts.
func (h *health) out() bool { return h.state == delivery.Failing || h.state == delivery.Disabled }

// over reports whether an endpoint has been failing for too long. The worker
// checks again at its next start.
func (h *health) over(now time.Time) bool { return h.probes > 0 && now.Sub(h.since) >= DisableAfter }

// enter begins a state.
func (h *health) enter(to delivery.State, at time.Time) {
	before := *h
	*h = health{state: to, accepted: before.accepted}
	switch to {
	case delivery.Failing:
		h.since, h.entered, h.probeAt = at, at, later(before.probeAt, at.Add(probeDelay(0)))
		if before.flapping(at) {
			h.flaps = min(before.flaps+1, maxFlaps)
		}
	case delivery.Active:
		if before.failing() {
			h.recovered, h.flaps = at, before.flaps
		}
	}
}

// flapping reports whether the endpoint recovered a short while ago.
func (h *health) flapping(now time.Time) bool {
	return !h.recovered.IsZero() && now.Sub(h.recovered) < flapWindow
}

// holdUntil is the time before which an endpoint that recovered a short while ago
// doesn't become failing.
func (h *health) holdUntil(now time.Time) time.Time {
	if !h.flapping(now) {
		return time.Time{}
	}
	return later(h.recovered, h.accepted).Add(flapHold << h.flaps)
}

// doubtful reports whether the endpoint may be failing: failingAfter distinct
// events were refused in a row, or it is suspect.
func (h *health) doubtful() bool {
	return h.state == delivery.Active && (h.refused >= FailingAfter || h.suspect)
}

// doubtUntil is the time at which a doubtful endpoint becomes failing, unless
// it accepts an event first.
func (h *health) doubtUntil(now time.Time) time.Time {
	hold := h.holdUntil(now)
	if h.suspect {
		return hold
	}
	return later(h.refusedAt.Add(RefusedFor), hold)
}

// accepts reports whether events were accepted recently: a refusal is then
// attributed to the event.
func (h *health) accepts(now time.Time) bool {
	return h.state == delivery.Active && !h.doubtful() && now.Sub(h.accepted) < RefusedFor
}

// succeeded records a success and reports whether it ends a failing state.
func (h *health) succeeded(ended time.Time) (recovered bool) {
	h.unanswered, h.refused, h.refusedAt, h.accepted, h.others, h.suspect = 0, 0, time.Time{}, ended, false, false
	if !h.failing() {
		return false
	}
	h.probes = 0
	h.passes++
	h.probeAt = ended // the next probe follows at once
	return h.passes >= recoverAfter && !ended.Before(h.recoverAt())
}

// recovering reports whether the last probes succeeded.
func (h *health) recovering() bool { return h.passes > 0 }

// recoverAt is when a failing state may end while events wait.
func (h *health) recoverAt() time.Time { return h.entered.Add(recoverDwell) }

// failure describes a failed attempt to health.
type failure struct {
	began, ended time.Time
	answered     bool // the receiver refused the event
	counts       bool // the first attempt of an event, or any of an ordered worker
	ordered      bool
	announcement bool // about a webhook
}

// failed records a failed attempt and reports whether it begins a failing
// state.
func (h *health) failed(f failure) (begins bool) {
	h.others = h.others || !f.announcement
	if h.failing() {
		// Not since: if the clock was set back across a restart, every
		// attempt would seem to have begun before it, and each probe
		// would follow the last at once.
		if f.began.After(h.entered) { // else it was in flight when the state began
			h.passes = 0
			h.probes++
			h.probeAt = f.ended.Add(probeDelay(h.probes))
		}
		return false
	}
	if !f.answered {
		h.unanswered++
	} else if f.counts {
		if h.refused == 0 {
			h.refusedAt = f.ended
		}
		h.refused++
	}
	if h.state != delivery.Active || h.unanswered < failingAfterUnanswered && !(f.ordered && h.refused >= failingAfterOrdered) {
		return false
	}
	h.suspect = f.ended.Before(h.holdUntil(f.ended))
	return !h.suspect
}
