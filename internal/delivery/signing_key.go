package delivery

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// SecretPrefix marks a secret in the form of Standard Webhooks.
const SecretPrefix = "whsec_"

// A key of Standard Webhooks has 24 to 64 bytes.
const MinKeyBytes, MaxKeyBytes = 24, 64

// KeyForm names the way in which a secret becomes the key of webhook-signature.
// The key of X-Signature-256 is always the secret's text.
type KeyForm string

// The forms of keys.
const (
	KeyBase64 KeyForm = "base64" // the decoded base64 after whsec_
	KeyRaw    KeyForm = "raw"    // the bytes of the text
)

// signingKey returns the key that the Standard Webhooks libraries make of a
// secret: the decoded base64 after "whsec_", or without it. Where that isn't 24
// to 64 bytes in base64, as in the reference's own example, the key is the
// bytes of the text, which the libraries accept as a "raw" secret.
func signingKey(text string) ([]byte, KeyForm) {
	key := decodeKey(text)
	if len(key) < MinKeyBytes || len(key) > MaxKeyBytes {
		return []byte(text), KeyRaw
	}
	return key, KeyBase64
}

// decodeKey returns the decoded base64 after "whsec_"; nil where it isn't
// base64.
func decodeKey(text string) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, SecretPrefix))
	if err != nil {
		return nil
	}
	return key
}

// Key returns the secret's Standard Webhooks key in the form that it had when the
// secret was given: registered webhooks keep their keys when the rules change.
func (s Secret) Key() ([]byte, KeyForm) {
	switch s.Form {
	case KeyRaw:
		return []byte(s.Text), KeyRaw
	case KeyBase64:
		return decodeKey(s.Text), KeyBase64
	}
	// From before forms were stored: base64 of any length.
	if key := decodeKey(s.Text); len(key) > 0 {
		return key, KeyBase64
	}
	return []byte(s.Text), KeyRaw
}

// keyNote is a note for receivers about a secret's key, with code between
// backquotes. It is empty where the libraries accept the secret as it is and
// the key is strong enough.
func (s Secret) keyNote() string {
	key, form := s.Key()
	switch {
	case form == KeyRaw:
		return "This secret is used as raw text: the key of webhook-signature is its bytes. A Standard Webhooks library needs it as bytes: " +
			"`new Webhook(new TextEncoder().encode(secret), {format: \"raw\"})` in JavaScript, `Webhook(secret.encode())` in Python, " +
			"`NewWebhookRaw([]byte(secret))` in Go."
	case len(key) < MinKeyBytes || len(key) > MaxKeyBytes:
		return fmt.Sprintf("This secret's key has %s; new keys must have %d to %d. It still signs as before; rotate it.", countBytes(len(key)),
			MinKeyBytes, MaxKeyBytes)
	}
	return ""
}

func countBytes(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}
