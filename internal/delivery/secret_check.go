package delivery

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on a secret's text.
const (
	minSecretBytes = 8
	MaxSecretBytes = 256
)

// CheckSecret returns the error in a new secret, in a sentence; empty if there is
// none. It refuses weak keys, and secrets that the
// Standard Webhooks libraries would read as another key than Postern does.
func CheckSecret(secret string) string {
	switch {
	case secret == "":
		return ""
	case !utf8.ValidString(secret):
		return "The secret isn't valid UTF-8."
	case strings.TrimFunc(secret, isBlank) != secret:
		return "The secret begins or ends with a blank, a line end or an invisible character; leave that out."
	case strings.ContainsFunc(secret, unicode.IsControl):
		return "The secret contains a control character."
	case len(secret) > MaxSecretBytes:
		return tooShortOrLong
	}
	rest, standard := strings.CutPrefix(secret, SecretPrefix)
	switch {
	case standard && rest == "":
		return "The secret has nothing after whsec_; " + howToMake
	case standard:
		if message := checkEncoded(rest); message != "" {
			return message
		}
	case len(secret) > len(SecretPrefix) && strings.EqualFold(secret[:len(SecretPrefix)], SecretPrefix):
		return "The secret begins with whsec_ in capital letters, which the libraries don't recognise; write it in small letters."
	case strings.HasPrefix(secret, "whpk_"), strings.HasPrefix(secret, "whsk_"):
		return "The secret is a key of the asymmetric signatures (whpk_, whsk_), which Postern doesn't make; " + howToMake
	}
	switch {
	case len(rest) >= minSecretBytes:
		return ""
	case standard:
		return fmt.Sprintf("The secret must have at least %d bytes after whsec_.", minSecretBytes)
	default:
		return tooShortOrLong
	}
}

var (
	tooShortOrLong = fmt.Sprintf("The secret must be %d to %d bytes long.", minSecretBytes, MaxSecretBytes)
	howToMake      = fmt.Sprintf("give whsec_ and %d to %d random bytes in base64, or let Postern make the secret.", MinKeyBytes, MaxKeyBytes)
)

// isBlank reports whether a character is invisible. At an end of a secret it is a
// mistake.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// checkEncoded returns the error in the text after whsec_, or "". Text that
// doesn't look like base64 is used raw.
func checkEncoded(rest string) string {
	bare := strings.TrimRight(rest, "=")
	if strings.Trim(bare, base64Letters) == "" {
		key, err := base64.StdEncoding.DecodeString(rest)
		switch {
		case err != nil:
			return "The secret isn't whole base64 after whsec_: its padding (=) or a part of it is missing, " +
				"so the Standard Webhooks libraries can't read it; copy all of it, or leave out whsec_ if it is a text of your own."
		case len(key) < MinKeyBytes || len(key) > MaxKeyBytes:
			return fmt.Sprintf("The secret is base64 of %s after whsec_, and a key has %d to %d; leave out whsec_ if it is a text of your own.",
				countBytes(len(key)), MinKeyBytes, MaxKeyBytes)
		}
		return ""
	}
	key, err := base64.RawURLEncoding.DecodeString(bare)
	if err == nil && (bare != rest || len(key) >= MinKeyBytes && looksRandom(bare)) {
		return "The secret is base64url after whsec_, which the Standard Webhooks libraries can't read; " +
			"write + for -, / for _ and the padding (=), or leave out whsec_ if it is a text of your own."
	}
	return ""
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// looksRandom distinguishes an encoded key from words with dashes between them:
// a key has capital letters, small letters and digits.
func looksRandom(s string) bool {
	return strings.ContainsFunc(s, unicode.IsUpper) && strings.ContainsFunc(s, unicode.IsLower) && strings.ContainsFunc(s, unicode.IsDigit)
}
