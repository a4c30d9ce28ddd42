package webhook

import (
	"strings"
	"time"

	"postern/internal/journal"
)

// SigningSecret is what may be told of a secret that signs: never the secret.
type SigningSecret struct {
	ID string
	// Hint is how it ends, to tell one from another; empty where that would
	// give too much of it away.
	Hint string
	Key  KeyForm
	Note string // what a receiver must know of its key; empty for nothing
	// Until is when it stops signing; zero for the newest.
	Until time.Time
}

// hintBytes is how much of a secret its hint tells. A text of somebody's own
// may be one that can be guessed from its end.
const hintBytes = 4

// signedWith are the secrets that sign an endpoint's deliveries, newest first.
func signedWith(e *journal.Endpoint, now time.Time) []SigningSecret {
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
