package eventlist

import (
	"time"

	"postern/internal/event"
)

// Alert is an event of urgent meaning, with who took note of it and when. By
// is empty while it is open. Resolver is the id of the announcement that closed
// it, where no person did.
type Alert struct {
	Event    *event.Event
	By       string
	At       time.Time
	Resolver string
}

// Open reports whether nobody has taken note yet.
func (a Alert) Open() bool { return a.By == "" }
