package endpoint

import (
	"time"

	"postern/internal/delivery"
)

// SecretName distinguishes a secret from the others on the page.
func SecretName(s delivery.SigningSecret) string {
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
