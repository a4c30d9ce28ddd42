package alerts

import (
	"postern/internal/alert"
	"postern/views/ui"
)

// Action is an action of the history.
type Action struct {
	alert.Action
	// Open says that alerts of its cause are open, so that its group has a page.
	Open bool
}

// did says what a person did, after the person's name.
func (a Action) did() string {
	alerts := ui.Counted(a.Alerts, "alert", "alerts")
	switch a.Kind {
	case alert.Assigned:
		return "assigned " + alerts + " to"
	case alert.Released:
		return "ended the assignment of " + alerts
	default:
		return "acknowledged " + alerts
	}
}
