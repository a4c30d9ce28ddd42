package eventlist

import (
	"time"

	"postern/internal/event"
)

// Alert is an event that needs a person, with its acknowledgement. By is the person,
// and is empty while the alert is open. Resolver is the id of the event that closed
// it, where no person did.
type Alert struct {
	Event    *event.Event
	By       string
	At       time.Time
	Resolver string
}

// Open reports whether the alert is not acknowledged.
func (a Alert) Open() bool { return a.By == "" }
