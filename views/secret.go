package views

import (
	"strconv"
	"strings"
	"time"
)

// SigningSecret identifies a secret that signs a webhook's deliveries, without
// the secret itself.
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

// name distinguishes a secret from the others on the page.
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

// OverlapUntil is the time at which the last of the older secrets stops
// signing; zero where there is none.
func (e Endpoint) OverlapUntil() (until time.Time) {
	for _, one := range e.Secrets {
		if one.Until.After(until) {
			until = one.Until
		}
	}
	return until
}

// older returns all secrets but the newest.
func (p WebhookProps) older() []SigningSecret {
	if len(p.Endpoint.Secrets) < 2 {
		return nil
	}
	return p.Endpoint.Secrets[1:]
}

// overlapping reports whether more than one secret signs.
func (p WebhookProps) overlapping() bool { return len(p.older()) > 0 }

// oldest returns the secret of X-Signature-256.
func (p WebhookProps) oldest(i int) bool { return p.overlapping() && i == len(p.Endpoint.Secrets)-1 }

// signing is the number of signing secrets that the page shows; the form sends
// it back.
func (p WebhookProps) signing() string { return strconv.Itoa(len(p.Endpoint.Secrets)) }

// overlap is what stands in the field for a rotation's overlap.
func (p WebhookProps) overlap() string {
	if p.Overlap == "" && p.OverlapError == "" {
		return "24"
	}
	return p.Overlap
}

// coded splits a text at its backquotes: every second part is code.
func coded(text string) []string { return strings.Split(text, "`") }

// Sources of a new webhook's secret.
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
