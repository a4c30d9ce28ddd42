package webhooks

import (
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/views/endpoint"
	"postern/views/ui"
)

// shownReplays is the largest number of ended replays on a page.
const shownReplays = 5

// Replay is a replay as a page shows it.
type Replay struct{ delivery.Replay }

// ReplayForm has the values of a replay's form.
type ReplayForm struct {
	// From is hour, day or time.
	From string
	// Since is the value of a time field, in the page's zone.
	Since string
	All   bool
	Types event.TypeSet
	// Errors are by field: since, event_types; "" for the whole form.
	Errors map[string]string
}

// DryRun is the number of events that a replay would send.
type DryRun struct {
	Since   time.Time
	Types   event.TypeSet // empty: all that the webhook gets
	Count   int
	AtLeast bool // counting took too long
}

// shown returns the replays that a page shows: all running ones, and the newest ended
// ones.
func shown(replays []Replay) []Replay {
	var out []Replay
	over := 0
	for _, r := range replays {
		if !r.running() {
			if over++; over > shownReplays {
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

func (r Replay) running() bool { return r.EndedAt.IsZero() }

func anyRunning(replays []Replay) bool {
	for _, r := range replays {
		if r.running() {
			return true
		}
	}
	return false
}

// length and done are for the progress bar. An empty replay is completed.
func (r Replay) length() int64 { return max(1, r.Through-r.After) }

func (r Replay) done() int64 {
	if r.Through <= r.After {
		return 1
	}
	return min(max(0, r.Position-r.After), r.length())
}

// percent is rounded down: 100 is the end.
func (r Replay) percent() string { return ui.Count(r.done()*100/r.length()) + " %" }

// state is a replay's state in a word. It waits while its webhook is on hold.
func (r Replay) state(e endpoint.Endpoint) string {
	switch {
	case r.running() && e.State != delivery.Active:
		return "Waiting"
	case r.running():
		return "Running"
	case r.Stopped:
		return "Stopped"
	default:
		return "Completed"
	}
}

// counts says how many events a replay has sent, and how many failed.
func (r Replay) counts() string {
	s := ui.Count(r.Sent) + " sent"
	if r.Failed > 0 {
		s += ", " + ui.Count(r.Failed) + " failed"
	}
	return s
}

// types names a replay's event types.
func (r Replay) types() string {
	if r.Filter.Types == 0 {
		return "All matching events"
	}
	return endpoint.TypeNames(r.Filter.Types)
}

// summary says how many events a replay would send.
func (d DryRun) summary() string {
	switch {
	case d.AtLeast:
		return "At least " + ui.Counted(int64(d.Count), "event", "events") + " would be resent; there are too many to count them all."
	case d.Count == 0:
		return "No event since then matches this webhook, so there is nothing to resend."
	case d.Count == 1:
		return "1 event would be resent."
	default:
		return ui.Count(int64(d.Count)) + " events would be resent."
	}
}

// ofTypes names a replay's event types, at the end of a sentence.
func (d DryRun) ofTypes() string {
	if d.Types == 0 || d.Types&event.AllTypes != 0 {
		return "."
	}
	return ", only " + ui.LowerFirst(endpoint.AllTypeNames(d.Types)) + "."
}

// consequence says what follows from starting the replay, in this state of the
// endpoint.
func (d DryRun) consequence(e endpoint.Endpoint) string {
	s := "The receiver gets these events again, with the same IDs. New events come first: replays use at most a quarter of the requests."
	switch e.State {
	case delivery.Paused, delivery.Disabled:
		s += " Nothing is sent before the webhook is resumed."
	case delivery.Failing:
		s += " Nothing is sent before the receiver answers."
	}
	return s
}
