package views

import (
	"strconv"
	"strings"
	"time"
)

// SigningSecret is a secret that signs a webhook's deliveries: which it is,
// and never the secret.
type SigningSecret struct {
	ID string
	// Hint is how it ends; empty where that isn't told.
	Hint string
	// Note says what a receiver must know of its key, with code between
	// backquotes; empty for nothing.
	Note string
	// Until is when it stops signing; zero for the newest.
	Until time.Time
}

// name tells a secret from the others on the page.
func (s SigningSecret) name() string {
	if s.Hint == "" {
		return "a text of your own"
	}
	return s.Hint
}

// HasSecret reports whether deliveries are signed.
func (e Endpoint) HasSecret() bool { return len(e.Secrets) > 0 }

// signingNote is the note of the newest secret.
func (e Endpoint) signingNote() string {
	if !e.HasSecret() {
		return ""
	}
	return e.Secrets[0].Note
}

// OverlapUntil is when the last of the older secrets stops signing; zero where
// there is none.
func (e Endpoint) OverlapUntil() (until time.Time) {
	for _, one := range e.Secrets {
		if one.Until.After(until) {
			until = one.Until
		}
	}
	return until
}

// older are the secrets beside the newest.
func (p WebhookProps) older() []SigningSecret {
	if len(p.Endpoint.Secrets) < 2 {
		return nil
	}
	return p.Endpoint.Secrets[1:]
}

// overlapping reports whether more than one secret signs.
func (p WebhookProps) overlapping() bool { return len(p.older()) > 0 }

// oldest is the secret that X-Signature-256 is made with.
func (p WebhookProps) oldest(i int) bool { return p.overlapping() && i == len(p.Endpoint.Secrets)-1 }

// signing is how many secrets the page shows to sign, for the form to repeat.
func (p WebhookProps) signing() string { return strconv.Itoa(len(p.Endpoint.Secrets)) }

// overlap is what stands in the field for a rotation's overlap.
func (p WebhookProps) overlap() string {
	if p.Overlap == "" && p.OverlapError == "" {
		return "24"
	}
	return p.Overlap
}

// coded parts a text at its backquotes: every second part is code.
func coded(text string) []string { return strings.Split(text, "`") }

// Where the secret of a new webhook is from.
const (
	SecretGenerated = "generate"
	SecretOwn       = "own"
	SecretNone      = "none"
)

// secretFrom is the choice that is marked: a secret unless somebody says
// otherwise.
func (f WebhookForm) secretFrom() string {
	if f.SecretFrom == "" {
		return SecretGenerated
	}
	return f.SecretFrom
}
