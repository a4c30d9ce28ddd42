package webhook

import (
	"errors"
	"strings"
	"testing"

	"postern/internal/webhook/webhooktest"
)

func TestAttemptDetail_IsAsSent(t *testing.T) {
	t.Parallel()
	receiver := webhooktest.NewSink(t)
	s := startSite(t, t.TempDir(), nil)
	e := s.register(receiver.URL+"/in?site=1", "whsec_your_signing_secret", "*")
	published := s.publish("face_matched")[0]
	got := receiver.Next(t, 1)[0]
	waitFor(t, func() bool { return len(s.attempts(e.ID)) == 1 })
	x, err := s.service.AttemptDetail(t.Context(), e.ID, s.attempts(e.ID)[0].ID())
	if err != nil {
		t.Fatal(err)
	}
	if !x.Signed || x.Method != got.Method || x.URL != receiver.URL+"/in?site=1" || x.Moved || string(x.Event.JSON()) != string(got.Body) ||
		x.Event.ID != published.ID {
		t.Errorf("the exchange is %+v", x)
	}
	// Every header that arrived is told, and no other; a signature with what it is
	// made of.
	told := make(map[string]string)
	for _, h := range x.Headers {
		told[strings.ToLower(h.Name)] = h.Value
		if h.Value == "" || h.Signature && !strings.Contains(h.Means, "HMAC-SHA256") {
			t.Errorf("%s has no value, or no meaning", h.Name)
		}
		for _, text := range []string{h.Value, h.Means} {
			if strings.Contains(text, "whsec_") {
				t.Errorf("%s shows the secret", h.Name)
			}
		}
	}
	got.Header.Set("Host", got.Host)
	for name := range got.Header {
		value, ok := told[strings.ToLower(name)]
		delete(told, strings.ToLower(name))
		if !ok || value != got.Header.Get(name) {
			t.Errorf("%s was %q, told as %q", name, got.Header.Get(name), value)
		}
	}
	for name := range told {
		t.Errorf("%s is told, but wasn't sent", name)
	}

	url := receiver.URL + "/elsewhere"
	if _, err := s.service.Change(t.Context(), e.ID, Change{URL: &url}); err != nil {
		t.Fatal(err)
	}
	if x, err = s.service.AttemptDetail(t.Context(), e.ID, x.Attempt.ID()); err != nil || !x.Moved || x.Signed {
		t.Errorf("after a change it is %+v, %v", x, err)
	}
	// It was quick, so there is no check: the signatures may be others by now.
	for _, h := range x.Headers {
		if h.Signature && h.Value != "" {
			t.Errorf("after a change %s is told as %q", h.Name, h.Value)
		}
	}
	for _, id := range []string{"", "at_", "at_1", "at_1_", "at_01_0", "at_1_00", "at_-1_0", "at_1_1", "at_99_0", "1_0", "at_1_0 "} {
		if _, err := s.service.AttemptDetail(t.Context(), e.ID, id); !errors.Is(err, ErrNoAttempt) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := s.service.AttemptDetail(t.Context(), "wh_none", x.Attempt.ID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no webhook: %v", err)
	}
}
