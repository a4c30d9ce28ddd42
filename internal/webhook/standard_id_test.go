package webhook

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"postern/internal/webhook/webhooktest"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// TestStandardIDHasNoDotAndStaysTheSame delivers events with ids of camera
// systems. The library verifies each delivery, X-Event-ID is the id, and a
// later attempt has the same webhook-id.
func TestStandardIDHasNoDotAndStaysTheSame(t *testing.T) {
	t.Parallel()
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	hook := s.register(sink.URL, secret, "*")
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	verified := func(h http.Header, body []byte) string {
		t.Helper()
		if err := verifier.Verify(body, h); err != nil {
			t.Errorf("%s: %v", h.Get("X-Event-ID"), err)
		}
		return h.Get("Webhook-Id")
	}
	hashed := regexp.MustCompile(`^evt_[0-9a-f]{32}$`)
	ids := []string{"1710842535.123456-ab12cd", "...", "a.b", "a:b.c", "a:b", "plain", "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210",
		strings.Repeat("x.", 64)}
	first, owner := make(map[string]string), make(map[string]string)
	for _, id := range ids {
		s.publishJSON(fmt.Sprintf(`{"id": %q, "type": "line_crossed", "source": "s"}`, id))
	}
	for _, r := range sink.Next(t, len(ids)) {
		id := r.Header.Get("X-Event-ID")
		standard := verified(r.Header, r.Body)
		if dotted := strings.Contains(id, "."); dotted != hashed.MatchString(standard) || !dotted && standard != id {
			t.Errorf("webhook-id of %q is %q", id, standard)
		}
		if other := owner[standard]; other != "" {
			t.Errorf("%q and %q share the webhook-id %q", id, other, standard)
		}
		owner[standard], first[id] = id, standard
	}
	// A replay leaves out what is still in flight.
	waitFor(t, func() bool { return s.service.Status(hook.ID).Delivered == int64(len(ids)) })
	if _, err := s.service.Replay(t.Context(), hook.ID, ReplayRequest{}); err != nil {
		t.Fatal(err)
	}
	for _, r := range sink.Next(t, len(ids)) {
		id := r.Header.Get("X-Event-ID")
		if got := verified(r.Header, r.Body); got != first[id] || got == "" {
			t.Errorf("another attempt of %q has the webhook-id %q, and had %q", id, got, first[id])
		}
	}
}
