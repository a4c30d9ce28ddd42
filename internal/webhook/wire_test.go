package webhook

import (
	"testing"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
)

// A URL that was registered under earlier rules is called as before, and the
// webhook's other settings can be changed.
func TestURLsThatAreRegisteredAlreadyKeepWorking(t *testing.T) {
	t.Parallel()
	sink := webhooktest.NewSink(t)
	s := startSite(t, t.TempDir(), nil)
	for target, called := range map[string]string{
		`/a{b}`:           "/a%7Bb%7D",
		`/in?q={"a":"ü"}`: `/in?q={"a":"ü"}`,
		`/in?q=100%`:      "/in?q=100%",
		`/in?a|b`:         "/in?a|b",
	} {
		e := s.register(sink.URL, "", "face_matched")
		kept := s.kept(e.ID)
		kept.URL = sink.URL + target
		if err := s.store.Deliveries.UpdateEndpoint(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		s = s.restart(nil)
		for _, same := range []string{kept.URL, ""} {
			change := Change{EventTypes: &[]string{"face_matched"}, Settings: ReplaceSettings(delivery.Settings{InFlight: 3})}
			if same != "" {
				change.URL = &same
			}
			if got, err := s.service.Change(t.Context(), e.ID, change); err != nil || got.URL != kept.URL || got.Settings.InFlight != 3 {
				t.Errorf("%s: changed to %+v, %v", target, got, err)
			}
		}
		other := kept.URL + "{"
		if _, err := s.service.Change(t.Context(), e.ID, Change{URL: &other}); err == nil {
			t.Errorf("%s: another such URL is taken", target)
		}
		s.publish("face_matched")
		if got := sink.Next(t, 1)[0].Target; got != called {
			t.Errorf("%s is called as %q, want %q", target, got, called)
		}
		if err := s.service.Remove(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
	}
}
