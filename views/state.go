package views

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// StateChange is an endpoint's coming into a state.
type StateChange struct {
	State State
	At    time.Time
	Cause string
}

// shownChanges is how many changes of state a page shows at once.
const shownChanges = 5

// stateWords says since when an endpoint is in its state, why, and what comes
// next.
func stateWords(e Endpoint, now time.Time) templ.Component {
	cause := strings.TrimSuffix(e.StateCause, ".")
	since := Age(e.StateAt, now)
	switch {
	case e.State == StateFailing && e.NextProbe.IsZero():
		return inline("Failing began ", since, ". ", e.StateCause)
	case e.State == StateFailing:
		return inline("Failing began ", since, "; next probe ", Until(e.NextProbe, now), ". ", e.StateCause)
	case e.StateAt.IsZero():
		return inline(upperFirst(string(e.State)) + " from the beginning.")
	case cause == "":
		return inline(upperFirst(string(e.State))+" ", since, ".")
	default:
		return inline(cause+", ", since, ".")
	}
}

// inline puts texts and components together without white space between
// them, which templates would add.
func inline(parts ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, part := range parts {
			var err error
			switch part := part.(type) {
			case string:
				_, err = io.WriteString(w, templ.EscapeString(part))
			case templ.Component:
				err = part.Render(ctx, w)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Become takes the newest change that is kept into account: a lane takes a
// moment to enter a state that a person chose.
func (e *Endpoint) Become(changes []StateChange) {
	if len(changes) > 0 && changes[0].At.After(e.StateAt) {
		e.State, e.StateAt, e.StateCause = changes[0].State, changes[0].At, changes[0].Cause
		e.NextProbe = time.Time{}
	}
}

// meanwhile says what a state does to events.
func (e Endpoint) meanwhile() string {
	switch e.State {
	case StatePaused:
		return "Nothing is sent until somebody resumes it. New events are queued for as long as events are kept."
	case StateDisabled:
		return "Nothing is sent until somebody resumes it. New events are queued for as long as events are kept."
	case StateFailing:
		return "Postern sends one event from time to time as a probe; the others are queued and use up no attempts. Deliveries continue once the receiver answers."
	default:
		return ""
	}
}

// untilWords writes how long after now t is, as assets/js/ages.js does on
// from there.
func untilWords(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d < time.Second:
		return "any moment now"
	case d < time.Minute:
		return "in " + Count(int64(d/time.Second)) + " s"
	case d < time.Hour:
		return "in " + Count(int64(d.Round(time.Minute)/time.Minute)) + " min"
	case d < 48*time.Hour:
		return "in " + Count(int64(d.Round(time.Hour)/time.Hour)) + " h"
	}
	return "in " + Count(int64(d.Round(24*time.Hour)/(24*time.Hour))) + " days"
}
