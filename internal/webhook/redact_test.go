package webhook

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"postern/internal/journal"
)

// However it is printed, what holds a secret doesn't tell it.
func TestWhatHoldsASecretDoesNotTellIt(t *testing.T) {
	t.Parallel()
	const word = "Xq7-hunter2-zW9"
	secret := word
	proxy, err := ParseProxy("http://proxy.example:3128", "alice:"+word)
	if err != nil {
		t.Fatal(err)
	}
	for _, holder := range []any{
		journal.Endpoint{ID: "wh_1", URL: "https://a.example/" + word, Secret: word, OldSecret: word}, &journal.Endpoint{Secret: word, OldSecret: word},
		journal.Options{Key: []byte(word)}, &journal.Options{Key: []byte(word)},
		Registration{URL: "https://a.example/" + word, Secret: word}, &Registration{Secret: word},
		Change{URL: &secret, Secret: &secret}, &Change{Secret: &secret},
		secrets{newest: word, old: word}, &secrets{newest: word},
		proxy, Options{Proxy: proxy}, &Options{Proxy: proxy},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", holder)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("it", slog.Any("holder", holder))
		slog.New(slog.NewJSONHandler(&out, nil)).Info("it", slog.Any("holder", holder))
		for _, form := range []string{word, hex.EncodeToString([]byte(word)), base64.StdEncoding.EncodeToString([]byte(word)), fmt.Sprint([]byte(word))} {
			if strings.Contains(out.String(), form) {
				t.Errorf("%T tells its secret: %s", holder, out.String())
			}
		}
	}
	kept, err := json.Marshal(journal.Endpoint{ID: "wh_1", Secret: word, OldSecret: word})
	if err != nil || bytes.Contains(kept, []byte(word)) {
		t.Errorf("%s, %v", kept, err)
	}
}
