package delivery

import (
	"time"

	"postern/internal/event"
)

// Replay sends events of a range of the log to one endpoint again: those after After,
// up to Through, that its filter selects. Without Causes it sends those that match the
// endpoint's present settings, delivered or not. With Causes it sends those that
// weren't delivered for one of them.
type Replay struct {
	N        int64 // the row's number
	ID       string
	Endpoint int64 // the endpoint's N
	// WebhookID and URL are the endpoint's. They are filled in for recoveries.
	WebhookID, URL string
	// Recovery is the id of the recovery that the replay belongs to; empty for none.
	Recovery string
	Causes   Causes
	// Filter has types, cameras and sources; its zero value selects all.
	Filter  event.Filter
	After   int64
	Through int64
	// Since and Until bound when the events arrived; zero for a range by numbers, and
	// for one without an end.
	Since, Until time.Time
	// Position is the sequence number up to which all events have been sent.
	Position     int64
	Sent, Failed int64 // events that were delivered, attempts that failed
	Expired      int64 // events of Causes that retention had removed
	CreatedAt    time.Time
	EndedAt      time.Time // zero while it runs
	Stopped      bool      // by a person
}
