package delivery

import (
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"postern/internal/event"
)

// Endpoint is a registered webhook: a receiver's URL and its settings. It holds
// no secret, so it may be shared and shown. It is read-only once it is stored.
type Endpoint struct {
	N        int64 // the row's number, which is never used twice
	ID       string
	URL      string
	Types    event.TypeSet
	Settings Settings
	// Filter selects the events for the endpoint: its types, and what its
	// settings say.
	Filter event.Filter
	// Unreadable is why stored settings couldn't be read; nil if they could.
	Unreadable error
	// Signing describes the secrets, newest first; none means unsigned.
	Signing   []SigningSecret
	CreatedAt time.Time
	UpdatedAt time.Time
}

// SignedWith returns the secrets that sign at a time, newest first.
func (e *Endpoint) SignedWith(now time.Time) []SigningSecret {
	var signing []SigningSecret
	for _, one := range e.Signing {
		if one.Until.IsZero() || now.Before(one.Until) {
			signing = append(signing, one)
		}
	}
	return signing
}

// OverlapUntil returns when the last of the older secrets that sign now stops;
// zero if there is none.
func (e *Endpoint) OverlapUntil(now time.Time) (until time.Time) {
	for _, one := range e.SignedWith(now) {
		if one.Until.After(until) {
			until = one.Until
		}
	}
	return until
}

// Host returns the URL's host and port.
func (e *Endpoint) Host() string {
	if u, err := url.Parse(e.URL); err == nil {
		return u.Host
	}
	return e.URL
}

// Counts are an endpoint's totals since it was registered.
type Counts struct {
	Delivered int64 // events
	Failed    int64 // attempts
	// Expired are events that retention removed before they were delivered;
	// ExpiredRetries are those of them that waited for a retry.
	Expired, ExpiredRetries int64
	Suppressed              int64 // events that storm control held back
	Skipped                 int64 // events of the log that a person chose to skip
}

// Format prints the endpoint's id, whatever the verb: its URL may hold a secret.
func (e Endpoint) Format(f fmt.State, _ rune) { fmt.Fprint(f, "endpoint ", e.ID) }

// LogValue logs the endpoint's id.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.ID) }
