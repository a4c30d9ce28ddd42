package endpoint

import (
	"time"
)

// SigningSecret identifies a secret that signs deliveries. It doesn't hold the secret.
type SigningSecret struct {
	ID string
	// Hint is the end of the secret; empty where it isn't shown.
	Hint string
	// Note is a note for receivers about its key, with code between backquotes;
	// it may be empty.
	Note string
	// Until is the time at which it stops signing; zero for the newest.
	Until time.Time
}

// Name distinguishes a secret from the others on the page.
func (s SigningSecret) Name() string {
	if s.Hint == "" {
		return "your own text"
	}
	return s.Hint
}

// HasSecret reports whether deliveries are signed.
func (e Endpoint) HasSecret() bool { return len(e.Secrets) > 0 }

// SigningNote is the note of the newest secret.
func (e Endpoint) SigningNote() string {
	if !e.HasSecret() {
		return ""
	}
	return e.Secrets[0].Note
}

// OverlapUntil is when the last of the older secrets stops signing; zero if there is
// none.
func (e Endpoint) OverlapUntil() (until time.Time) {
	for _, one := range e.Secrets {
		if one.Until.After(until) {
			until = one.Until
		}
	}
	return until
}
