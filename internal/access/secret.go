package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"

	"postern/internal/account"
)

// redacted is the text that a secret prints as.
const redacted = "[secret]"

// Secret is a password, a key or a session's id. It prints as [secret] with any
// verb, also inside other values; only Reveal returns it.
type Secret struct{ text *string }

// NewSecret makes a secret of a text.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text; empty for the zero value.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Format writes a placeholder, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns a placeholder.
func (Secret) String() string { return redacted }

// GoString returns a placeholder.
func (Secret) GoString() string { return redacted }

// LogValue returns a placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns a placeholder.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// hash returns the hash that the store keeps of a random secret. Passwords need
// argon2id.
func (s Secret) hash() account.Hash { return sha256.Sum256([]byte(s.Reveal())) }

// sessionBytes is the length of a session's id before encoding: 256 bits.
const sessionBytes = 32

// newSessionID returns a new session's id: 43 characters that a cookie can hold.
func newSessionID() Secret {
	b := make([]byte, sessionBytes)
	_, _ = rand.Read(b) // never fails
	return NewSecret(base64.RawURLEncoding.EncodeToString(b))
}
