package endpoint

import (
	"slices"
	"time"

	"postern/internal/event"
)

// Endpoint is a webhook as its row and its page show it.
type Endpoint struct {
	ID        string
	URL       string
	Types     event.TypeSet
	Secrets   []SigningSecret // newest first; none means unsigned
	Settings  Settings
	CreatedAt time.Time
	State     State
	// StateAt is since when and StateCause why; zero where it has been so
	// from the beginning.
	StateAt    time.Time
	StateCause string
	// NextProbe is when a failing endpoint is tried next.
	NextProbe time.Time
	// Blocking is the id of the event that an ordered webhook's receiver
	// refuses; empty for none.
	Blocking string
	// Waiting is the number of events that wait to be sent for the first time.
	// Retrying and Exhausted are deliveries that failed.
	Waiting   int64
	Estimated bool // Waiting
	InFlight  int
	Retrying  int
	Exhausted int
	// Delivered and Failed count attempts. Expired, Suppressed and Skipped
	// count events that retention removed undelivered, that storm control held
	// back, and that a person chose not to have sent.
	// ExpiredRetries are those of Expired that waited for a retry.
	Delivered, Failed            int64
	Expired, Suppressed, Skipped int64
	ExpiredRetries               int64
	// Last and LastError are the newest attempt and the newest failure on
	// record; nil for none.
	Last      *Attempt
	LastError *Attempt
	Day       Day
}

// ByAttention returns the endpoints with those first that need somebody.
func ByAttention(endpoints []Endpoint) []Endpoint {
	rank := func(e Endpoint) int {
		switch {
		case e.State == StateDisabled:
			return 0
		case e.State == StateFailing:
			return 1
		case e.Exhausted > 0:
			return 2
		case e.State == StatePaused:
			return 3
		default:
			return 4
		}
	}
	sorted := slices.Clone(endpoints)
	slices.SortStableFunc(sorted, func(a, b Endpoint) int { return rank(a) - rank(b) })
	return sorted
}
