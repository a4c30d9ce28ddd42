package endpoint

import (
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Endpoint is a webhook with its state and its counts, as its row and its page show
// it.
type Endpoint struct {
	ID        string
	URL       string
	Types     event.TypeSet
	Secrets   []delivery.SigningSecret // newest first; none means unsigned
	Settings  delivery.Settings
	CreatedAt time.Time
	State     delivery.State
	// StateAt is the time of the last change of state, StateCause its reason; both are
	// zero if the state never changed.
	StateAt    time.Time
	StateCause string
	// NextProbe is the time of a failing endpoint's next probe.
	NextProbe time.Time
	// Blocking is the id of the event that an ordered webhook's receiver
	// refuses; empty for none.
	Blocking string
	// Waiting is the number of events before their first attempt. Retrying and
	// Exhausted count failed deliveries.
	Waiting   int64
	Estimated bool // says that Waiting is an estimate
	// WaitingSince is when the oldest event of the backlog arrived; zero if there is
	// none, or it isn't known.
	WaitingSince time.Time
	InFlight     int
	Retrying     int
	Exhausted    int
	// Delivered and Failed count attempts. Expired counts events that retention
	// removed before they were delivered, Suppressed those that storm control
	// suppressed, and Skipped those that a person chose to skip. ExpiredRetries are
	// the part of Expired that was waiting for a retry.
	Delivered, Failed            int64
	Expired, Suppressed, Skipped int64
	ExpiredRetries               int64
	// Last and LastError are the newest attempt and the newest failure on
	// record; nil for none.
	Last      *delivery.Attempt
	LastError *delivery.Attempt
	Day       Day
}
