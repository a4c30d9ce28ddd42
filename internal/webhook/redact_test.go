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

	"postern/internal/delivery"
	"postern/internal/store"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/egress"
)

// However it is printed, what holds a secret doesn't tell it.
func TestSecrets_AreNotPrinted(t *testing.T) {
	t.Parallel()
	const word = "Xq7-hunter2-zW9"
	secret, kept := word, delivery.NewSecrets(word)
	proxy, err := egress.ParseProxy("http://proxy.example:3128", "alice:"+word)
	if err != nil {
		t.Fatal(err)
	}
	for _, holder := range []any{
		deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_1", URL: "https://a.example/" + word}, Secrets: delivery.NewSecrets(word)},
		&deliveries.EndpointRecord{Secrets: delivery.NewSecrets(word)}, delivery.NewSecrets(word), delivery.NewSecrets(word)[0],
		store.Options{Key: []byte(word)}, &store.Options{Key: []byte(word)},
		Registration{URL: "https://a.example/" + word, Secret: word}, &Registration{Secret: word},
		Change{URL: &secret, Secret: &secret}, &Change{Secret: &secret},
		delivery.NewSecrets(word), &kept, Rotation{Secret: word}, &Rotation{Secret: word},
		proxy, Options{Egress: egress.Policy{Proxy: proxy}}, &Options{Egress: egress.Policy{Proxy: proxy}},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", holder)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("it", slog.Any("holder", holder))
		slog.New(slog.NewJSONHandler(&out, nil)).Info("it", slog.Any("holder", holder))
		for _, form := range []string{word, hex.EncodeToString([]byte(word)), base64.StdEncoding.EncodeToString([]byte(word)),
			fmt.Sprint([]byte(word))} {
			if strings.Contains(out.String(), form) {
				t.Errorf("%T tells its secret: %s", holder, out.String())
			}
		}
	}
	encoded, err := json.Marshal([]any{deliveries.EndpointRecord{Endpoint: delivery.Endpoint{ID: "wh_1"}, Secrets: delivery.NewSecrets(word)},
		delivery.NewSecrets(word)})
	if err != nil || bytes.Contains(encoded, []byte(word)) {
		t.Errorf("%s, %v", encoded, err)
	}
}
