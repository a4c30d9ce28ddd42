package delivery

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Secret signs an endpoint's deliveries.
type Secret struct {
	ID   string
	Text string `json:"-"`
	// Form says how the text becomes a Standard Webhooks key; empty for a secret
	// from before forms were stored.
	Form KeyForm
	// Until is when it stops signing; zero for the newest, which signs until it
	// is replaced.
	Until time.Time
}

// Format prints the secret's id, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "secret ", s.ID) }

// LogValue logs the secret's id.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.ID) }

// Secrets are an endpoint's secrets, newest first; none means unsigned.
type Secrets []Secret

// NewSecrets returns the secrets of an endpoint that has one with the given
// text; none for an empty text.
func NewSecrets(text string) Secrets {
	if text == "" {
		return nil
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	_, form := signingKey(text)
	return Secrets{{ID: "sec_" + hex.EncodeToString(b[:]), Text: text, Form: form}}
}

// GenerateSecret returns a new secret's text in the form of Standard Webhooks:
// whsec_ and 32 random bytes in base64.
func GenerateSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return SecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// Signing returns the secrets that sign at a time, in a new slice.
func (s Secrets) Signing(now time.Time) Secrets {
	var signing Secrets
	for _, one := range s {
		if one.Until.IsZero() || now.Before(one.Until) {
			signing = append(signing, one)
		}
	}
	return signing
}

// NextEnd returns when the next of them stops signing; zero if none does.
func (s Secrets) NextEnd() (next time.Time) {
	for _, one := range s {
		if !one.Until.IsZero() && (next.IsZero() || one.Until.Before(next)) {
			next = one.Until
		}
	}
	return next
}

// SigningSecret describes a secret that signs, without its text.
type SigningSecret struct {
	ID string
	// Hint is the end of the secret, to tell it from others; empty if that would
	// reveal too much.
	Hint string
	Key  KeyForm
	Note string // a note for receivers about its key; may be empty
	// Until is when it stops signing; zero for the newest.
	Until time.Time
}

// hintBytes is the length of a hint. A text of a person's own might be guessed
// from its end.
const hintBytes = 4

// Describe describes the secrets.
func (s Secrets) Describe() []SigningSecret {
	var described []SigningSecret
	for _, one := range s {
		key, form := one.Key()
		d := SigningSecret{ID: one.ID, Key: form, Note: one.keyNote(), Until: one.Until}
		if form == KeyBase64 && len(key) >= MinKeyBytes {
			d.Hint = "…" + one.Text[len(one.Text)-hintBytes:]
			if strings.HasPrefix(one.Text, SecretPrefix) {
				d.Hint = SecretPrefix + d.Hint
			}
		}
		described = append(described, d)
	}
	return described
}
