package webhook

import (
	"strings"
	"time"

	"postern/internal/store"
)

// SigningSecret describes a secret that signs, without the secret itself.
type SigningSecret struct {
	ID string
	// Hint is the end of the secret, to distinguish it from others; empty where
	// that would reveal too much.
	Hint string
	Key  KeyForm
	Note string // a note for receivers about its key; may be empty
	// Until is the time at which it stops signing; zero for the newest.
	Until time.Time
}

// hintBytes is the length of a hint. A custom text might be guessed from its
// end.
const hintBytes = 4

// signedWith returns the secrets that sign an endpoint's deliveries, newest
// first.
func signedWith(e *store.Endpoint, now time.Time) []SigningSecret {
	var shown []SigningSecret
	for _, one := range liveSecrets(e.Secrets, now) {
		key, form := keyOf(one)
		s := SigningSecret{ID: one.ID, Key: form, Note: keyNote(one), Until: one.Until}
		if form == KeyBase64 && len(key) >= minKeyBytes {
			s.Hint = "…" + one.Text[len(one.Text)-hintBytes:]
			if strings.HasPrefix(one.Text, secretPrefix) {
				s.Hint = secretPrefix + s.Hint
			}
		}
		shown = append(shown, s)
	}
	return shown
}
