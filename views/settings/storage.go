package settings

import (
	"time"

	"postern/internal/event"
)

// StorageProblem is a fault of the data folder. Summary is short; Detail says what to
// do. Refuses says that no events are accepted.
type StorageProblem struct {
	Summary, Detail string
	Since           time.Time
	Refuses         bool
}

func (t StorageProblem) Meaning() event.Meaning {
	if t.Refuses {
		return event.Fault
	}
	return event.Attention
}
