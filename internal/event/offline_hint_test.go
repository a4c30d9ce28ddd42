package event

import "testing"

// A report without a hint isn't read: every phrase has one in it.
func TestEveryOfflinePhraseHasAHint(t *testing.T) {
	t.Parallel()
	for _, phrase := range offlinePhrases {
		if !offlineHint.MatchString(phrase) {
			t.Errorf("a report that says %q is never read", phrase)
		}
	}
}
