package delivery

import (
	"time"

	"postern/internal/event"
)

// Replay sends a range of the log to one endpoint again: the events after After,
// up to Through, that match the endpoint's filter and are of Types.
type Replay struct {
	N        int64 // the row's number
	ID       string
	Endpoint int64 // the endpoint's N
	Types    event.TypeSet
	After    int64
	Through  int64
	// Position is the sequence number up to which all events have been sent.
	Position     int64
	Sent, Failed int64 // events that were delivered, attempts that failed
	CreatedAt    time.Time
	EndedAt      time.Time // zero while it runs
	Stopped      bool      // by a person
}
