package deliveries

import (
	"strings"
	"testing"

	"postern/internal/store/secretbox"
)

func TestDamagedSecretsAreNotRepeatedInTheError(t *testing.T) {
	t.Parallel()
	s, err := secretbox.New(make([]byte, secretbox.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{}", `["whsec_plain"]`, `[{"id":"sec_1","sealed":"whsec_plain"}]`, `[{"id":"sec_1","sealed":7}]`} {
		if got, err := decryptSecrets(s, text, "wh_a"); err == nil {
			t.Errorf("%s opens as %+v", text, got)
		} else if want := "wh_a"; !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "plain") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
