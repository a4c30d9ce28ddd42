package endpoint

import (
	"strings"
	"time"

	"postern/internal/delivery"

	"github.com/a-h/templ"

	"postern/internal/event"
	"postern/views/ui"
)

// stateMeaning maps a state to the meaning of an event, so that a colour means one
// thing.
func stateMeaning(s delivery.State) event.Meaning {
	switch s {
	case delivery.Active:
		return event.Confirmed
	case delivery.Degraded:
		return event.Attention
	case delivery.Failing:
		return event.Alert
	case delivery.Disabled:
		return event.Fault
	default:
		return event.Routine
	}
}

// Meaning is the urgency of the endpoint's state.
func (e Endpoint) Meaning() event.Meaning { return stateMeaning(e.State) }

// CountFailing counts the endpoints that are failing or disabled.
func CountFailing(endpoints []Endpoint) int {
	return CountState(endpoints, delivery.Failing) + CountState(endpoints, delivery.Disabled)
}

func CountState(endpoints []Endpoint, s delivery.State) (n int) {
	for _, e := range endpoints {
		if e.State == s {
			n++
		}
	}
	return n
}

// StateText says since when an endpoint has been in its state, why, and what follows.
func StateText(e Endpoint, now time.Time) templ.Component {
	cause := strings.TrimSuffix(e.StateCause, ".")
	since := ui.Age(e.StateAt, now)
	switch {
	case e.State == delivery.Failing && e.NextProbe.IsZero():
		return ui.Inline("Started failing ", since, ". ", e.StateCause)
	case e.State == delivery.Failing:
		return ui.Inline("Started failing ", since, ". ", cause, ". Next check ", ui.Until(e.NextProbe, now), ".")
	case e.State == delivery.Degraded:
		return ui.Inline("Became degraded ", since, ". ", e.StateCause)
	case e.StateAt.IsZero():
		return ui.Inline(ui.UpperFirst(string(e.State)) + " since it was registered.")
	case cause == "":
		return ui.Inline(ui.UpperFirst(string(e.State))+" ", since, ".")
	default:
		return ui.Inline(cause+", ", since, ".")
	}
}

// StateSentence is StateText without live ages, for a tooltip.
func StateSentence(e Endpoint, now time.Time) string {
	cause := strings.TrimSuffix(e.StateCause, ".")
	switch {
	case e.StateAt.IsZero():
		return ui.UpperFirst(string(e.State)) + " since it was registered."
	case e.State == delivery.Failing:
		text := "Started failing " + ui.AgeOf(e.StateAt, now) + ". " + e.StateCause
		if !e.NextProbe.IsZero() {
			text += " Next check " + ui.UntilOf(e.NextProbe, now) + "."
		}
		return text
	case cause == "":
		return ui.UpperFirst(string(e.State)) + " " + ui.AgeOf(e.StateAt, now) + "."
	case e.State == delivery.Degraded:
		return "Became degraded " + ui.AgeOf(e.StateAt, now) + ". " + e.StateCause
	default:
		return cause + ", " + ui.AgeOf(e.StateAt, now) + "."
	}
}

// Become applies the newest stored change of state: a worker takes a moment to enter a
// state that a person chose.
func (e *Endpoint) Become(changes []delivery.StateChange) {
	if len(changes) > 0 && changes[0].At.After(e.StateAt) {
		e.State, e.StateAt, e.StateCause = changes[0].State, changes[0].At, changes[0].Cause
		e.NextProbe = time.Time{}
	}
}

// StateHelp is the consequence of a state for events.
func (e Endpoint) StateHelp() string {
	switch e.State {
	case delivery.Paused:
		return "Nothing is lost: new events are queued until you resume, for as long as events are kept."
	case delivery.Disabled:
		return "Nothing is sent until you resume. New events are queued for as long as events are kept."
	case delivery.Degraded:
		return "Events are still sent as they arrive. If the receiver stops accepting them, the webhook becomes failing and nothing is lost."
	case delivery.Failing:
		return "Deliveries are on hold, use no attempts, and nothing is lost. Postern checks the receiver regularly and resumes by itself."
	default:
		return ""
	}
}
