package delivery

import "time"

// State is an endpoint's state. docs/webhooks.md draws the changes between
// states.
type State string

// The states of an endpoint.
const (
	Active State = "active" // delivering
	// Degraded is an active endpoint whose last attempts failed, or were far slower
	// than normal. It delivers as before. Only people and programs see the state:
	// it is neither stored nor announced.
	Degraded State = "degraded"
	Failing  State = "failing"  // probing; the backlog uses up no attempts
	Paused   State = "paused"   // by a person; nothing is lost
	Disabled State = "disabled" // after five days of failing, or 410 Gone
	// Removed is recorded as an endpoint's last change of state.
	Removed State = "removed"
)

// Suspended reports whether no requests are sent until a person resumes the
// endpoint.
func (s State) Suspended() bool { return s == Paused || s == Disabled }

// States returns the states of a registered endpoint.
func States() []State { return []State{Active, Degraded, Failing, Paused, Disabled} }

// Delivering reports whether events are sent as they arrive.
func (s State) Delivering() bool { return s == Active || s == Degraded }

// StateChange is an endpoint's new state.
type StateChange struct {
	State State
	At    time.Time
	Cause string // a sentence
	// Announcement is the id of the event that announces the change; empty for
	// none. In a recorded change it is empty, too, once Postern has decided not to
	// announce the change.
	Announcement string
	Decided      bool // of a recorded change: no announcement is due
}
