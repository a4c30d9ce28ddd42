package webhook

import (
	"encoding/base64"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

const someURL = "https://example.com/webhooks/biometrics"

func TestEventTypesOfARegistration(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		names []string
		want  event.TypeSet
		wrong string // what the refusal says
	}{
		{names: []string{"face_matched"}, want: event.Types(event.FaceMatched)},
		{names: []string{"watchlist_alert", "face_matched"}, want: event.Types(event.FaceMatched, event.WatchlistAlert)},
		{names: []string{"*"}, want: event.AllTypes},
		{names: nil, wrong: "at least one"},
		{names: []string{}, wrong: "at least one"},
		{names: []string{""}, wrong: `There is no event type ""`},
		{names: []string{"face_seen"}, wrong: `"face_seen"`},
		{names: []string{"face_matched", "FACE_MATCHED"}, wrong: `"FACE_MATCHED"`},
		{names: []string{"face_matched", "face_matched"}, wrong: "twice"},
		{names: []string{"*", "face_matched"}, wrong: "alone"},
		{names: []string{"face_matched", "*"}, wrong: "alone"},
		{names: []string{"*", "*"}, wrong: "alone"},
	} {
		got, _, err := closedRules.check(someURL, tc.names, "", &delivery.Settings{})
		if tc.wrong == "" {
			if err != nil || got != tc.want {
				t.Errorf("%q: %v, %v, want %v", tc.names, got.Names(), err, tc.want.Names())
			}
			continue
		}
		if message := says(t, err, "event_types"); !strings.Contains(message, tc.wrong) {
			t.Errorf("%q: the refusal says %q, want something about %s", tc.names, message, tc.wrong)
		}
	}
}

func TestRefusalOfAnUnknownTypeNamesAllTen(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{"face_seen"}, {}} {
		_, _, err := closedRules.check(someURL, names, "", &delivery.Settings{})
		message := says(t, err, "event_types")
		for _, in := range event.Catalogue() {
			if !strings.Contains(message, in.Name) {
				t.Errorf("%q: the refusal doesn't name %s: %s", names, in.Name, message)
			}
		}
	}
}

func TestSecretOfARegistration(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ secret, wrong string }{
		{"", ""},
		{"whsec_your_signing_secret", ""},
		{"1234567", "8 to 256 bytes"},
		{"whsec_AA==", "base64 of 1 byte"},
		{"secret\nwith a line", "control character"},
	} {
		_, _, err := closedRules.check(someURL, []string{"*"}, tc.secret, &delivery.Settings{})
		if tc.wrong == "" {
			if err != nil {
				t.Errorf("%q: %v", tc.secret, err)
			}
			continue
		}
		message := says(t, err, "secret")
		if !strings.Contains(message, tc.wrong) {
			t.Errorf("%q: the refusal says %q, want something about %s", tc.secret, message, tc.wrong)
		}
		if strings.Contains(err.Error(), tc.secret) {
			t.Errorf("the refusal repeats the secret: %v", err)
		}
	}
}

func TestEveryWrongFieldIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := closedRules.check("http://example.com", nil, "short", &delivery.Settings{})
	invalid := refusal(t, err)
	var fields []string
	for _, f := range invalid.Fields {
		fields = append(fields, f.Field)
		if !strings.Contains(invalid.Detail, f.Message) {
			t.Errorf("the detail leaves out what is wrong with %s", f.Field)
		}
	}
	if got := strings.Join(fields, " "); got != "url event_types secret" {
		t.Errorf("the refusal names %s", got)
	}
}

func TestRegister_ReturnsTheStoredEndpointAndNoSecret(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	e, secret, err := s.service.Register(t.Context(), Registration{
		URL: someURL, EventTypes: []string{"watchlist_alert", "face_matched"}, Secret: "whsec_your_signing_secret"})
	if err != nil {
		t.Fatal(err)
	}
	if secret != "" {
		t.Errorf("a secret that was given came back: %q", secret)
	}
	if e.URL != someURL || len(e.SignedWith(time.Now())) == 0 || e.Types != event.Types(event.FaceMatched, event.WatchlistAlert) ||
		e.CreatedAt.IsZero() || !e.UpdatedAt.Equal(e.CreatedAt) {
		t.Errorf("registered %+v", e)
	}
	if e.Host() != "example.com" {
		t.Errorf("host %q", e.Host())
	}
	again, err := s.service.Endpoint(e.ID)
	if err != nil || !reflect.DeepEqual(again, e) {
		t.Errorf("read again: %+v, %v", again, err)
	}

	after := openSiteAgain(t, s)
	if kept, err := after.service.Endpoint(e.ID); err != nil || !reflect.DeepEqual(kept, e) {
		t.Errorf("after a restart: %+v, %v, want %+v", kept, err, e)
	}
}

// openSiteAgain stops a site and opens its folder once more, without running
// the workers.
func openSiteAgain(t *testing.T, s *site) *site {
	t.Helper()
	s.stop()
	return openSite(t, s.dir, nil)
}

func TestIDsAreInTheReferencesFormAndUnique(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^wh_[0-9a-f]{12}$`)
	seen := make(map[string]bool)
	for range 2000 {
		id := newEndpointID()
		if !form.MatchString(id) {
			t.Fatalf("id %q", id)
		}
		if seen[id] {
			t.Fatalf("id %s twice", id)
		}
		seen[id] = true
	}
	s := openSite(t, t.TempDir(), nil)
	if e := s.register(someURL, "", "*"); !form.MatchString(e.ID) {
		t.Errorf("registered as %q", e.ID)
	}
}

func TestPosternMakesASecretOnRequest(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	r := Registration{URL: someURL, EventTypes: []string{"*"}, GenerateSecret: true}
	e, first, err := s.service.Register(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := s.service.Register(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	encoded, ok := strings.CutPrefix(first, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) != 32 {
		t.Errorf("the secret %q isn't whsec_ and 32 bytes in base64: %v", first, err)
	}
	if first == second {
		t.Error("two webhooks got the same secret")
	}
	if len(e.SignedWith(time.Now())) == 0 || newestOf(s.kept(e.ID)) != first {
		t.Error("the secret that was answered isn't the one that was kept")
	}

	r.Secret = "whsec_your_signing_secret"
	_, secret, err := s.service.Register(t.Context(), r)
	invalid := refusal(t, err)
	if secret != "" || len(invalid.Fields) != 1 || invalid.Fields[0].Field != "secret" {
		t.Errorf("a secret both given and asked for: %q, %+v", secret, invalid)
	}
	if n := len(s.service.Endpoints()); n != 2 {
		t.Errorf("%d webhooks, want 2", n)
	}
}

func TestRefusedRegistrationLeavesNothing(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	_, _, err := s.service.Register(t.Context(), Registration{URL: "https://10.0.0.1/", EventTypes: []string{"*"}})
	says(t, err, "url")
	if n := len(s.service.Endpoints()); n != 0 {
		t.Errorf("%d webhooks after a refusal", n)
	}
	after := openSiteAgain(t, s)
	if n := len(after.service.Endpoints()); n != 0 {
		t.Errorf("%d webhooks after a refusal and a restart", n)
	}
}

func TestNoMoreThanTheMostWebhooks(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	first := s.register(someURL, "", "*")
	for len(s.service.endpoints) < MaxEndpoints {
		s.service.endpoints = append(s.service.endpoints, s.service.endpoints[0])
	}
	r := Registration{URL: someURL, EventTypes: []string{"*"}}
	_, _, err := s.service.Register(t.Context(), r)
	if invalid := refusal(t, err); !strings.Contains(invalid.Detail, "1000") {
		t.Errorf("the refusal says %q", invalid.Detail)
	}
	if err := s.service.Remove(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.service.Register(t.Context(), r); err != nil {
		t.Errorf("one was removed, and still: %v", err)
	}
}

func TestChangesKeepTheSameRules(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	e := s.register(someURL, "whsec_your_signing_secret", "face_matched", "line_crossed")
	for _, tc := range []struct {
		field string
		c     Change
	}{
		{"url", Change{URL: new("https://127.1/")}},
		{"url", Change{URL: new("")}},
		{"event_types", Change{EventTypes: new([]string{})}},
		{"event_types", Change{EventTypes: new([]string{"face_seen"})}},
		{"secret", Change{Secret: new("short")}},
	} {
		_, err := s.service.Change(t.Context(), e.ID, tc.c)
		says(t, err, tc.field)
	}
	if now, err := s.service.Endpoint(e.ID); err != nil || !reflect.DeepEqual(now, e) {
		t.Errorf("after changes that were refused: %+v, %v, want %+v", now, err, e)
	}
	if _, err := s.service.Change(t.Context(), "wh_000000000000", Change{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a change of an unknown webhook: %v", err)
	}
}

func TestChange_ChangesOnlyTheFieldsThatItNames(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), newWorld())
	e := s.register(someURL, "whsec_your_signing_secret", "face_matched", "line_crossed")
	was := *e

	e, err := s.service.Change(t.Context(), e.ID, Change{URL: new("https://example.org/")})
	if err != nil || e.URL != "https://example.org/" || e.Types != was.Types || len(e.SignedWith(time.Now())) == 0 {
		t.Errorf("a change of the url: %+v, %v", e, err)
	}
	e, err = s.service.Change(t.Context(), e.ID, Change{EventTypes: new([]string{"*"})})
	if err != nil || e.URL != "https://example.org/" || e.Types != event.AllTypes || len(e.SignedWith(time.Now())) == 0 {
		t.Errorf("a change of the types: %+v, %v", e, err)
	}
	e, err = s.service.Change(t.Context(), e.ID, Change{Secret: new("")})
	if err != nil || e.URL != "https://example.org/" || e.Types != event.AllTypes || len(e.SignedWith(time.Now())) != 0 {
		t.Errorf("a change of the secret: %+v, %v", e, err)
	}
	e, err = s.service.Change(t.Context(), e.ID, Change{Secret: new("another secret")})
	if err != nil || len(e.SignedWith(time.Now())) == 0 || !e.CreatedAt.Equal(was.CreatedAt) || e.UpdatedAt.Before(was.UpdatedAt) {
		t.Errorf("a new secret: %+v, %v", e, err)
	}
	after := openSiteAgain(t, s)
	if kept, err := after.service.Endpoint(e.ID); err != nil || !reflect.DeepEqual(kept, e) {
		t.Errorf("after a restart: %+v, %v, want %+v", kept, err, e)
	}
	if secret := newestOf(after.kept(e.ID)); secret != "another secret" {
		t.Errorf("after a restart the secret is %q", secret)
	}
}

func TestUnknownWebhooksAreNotFound(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	s.register(someURL, "", "*")
	for _, id := range []string{"", "wh_000000000000", "evt_1"} {
		if _, err := s.service.Endpoint(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Endpoint(%q): %v", id, err)
		}
		if err := s.service.Remove(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Remove(%q): %v", id, err)
		}
		if _, err := s.service.Attempts(t.Context(), id, AttemptQuery{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("Attempts(%q): %v", id, err)
		}
		if got := s.service.Status(id); got.State != "" || got.Last != nil {
			t.Errorf("Status(%q): %+v", id, got)
		}
	}
}
