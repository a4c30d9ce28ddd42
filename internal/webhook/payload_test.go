package webhook

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/webhook/send"
	"postern/internal/webhook/webhooktest"
)

func TestSamePersonHasTheSamePseudonym(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openSite(t, dir, newWorld())
	of := func(s *site, data string) string {
		e := webhooktest.Decode(t, `{"type":"face_matched","source":"x","data":`+data+`}`)
		return fmt.Sprint(webhooktest.DataOf(t, s.service.rules.payloads.Encode(e, delivery.PayloadPseudonymous))["identity_id"])
	}
	alice := of(s, `{"identity_id":"abc-7"}`)
	for _, data := range []string{
		`{"x":1,"identity_id":"abc-7"}`, `{"identity_id":"\u0061bc-7","label":"Bob"}`, `{"identity\u005fid":"abc-7"}`,
	} {
		if got := of(s, data); got != alice {
			t.Errorf("%s: %s, want %s", data, got, alice)
		}
	}
	if of(s, `{"identity_id":7}`) != of(s, `{"identity_id":"7"}`) {
		t.Error("a number and its digits are two people")
	}
	for _, data := range []string{`{"identity_id":"abc-8"}`, `{"identity_id":"ABC-7"}`, `{"identity_id":"abc-7 "}`} {
		if of(s, data) == alice {
			t.Errorf("%s is taken for somebody else", data)
		}
	}
	if got := of(s.restart(newWorld()), `{"identity_id":"abc-7"}`); got != alice {
		t.Errorf("after a restart %s, want %s", got, alice)
	}
	if of(openSite(t, t.TempDir(), newWorld()), `{"identity_id":"abc-7"}`) == alice {
		t.Error("another data folder makes the same pseudonym")
	}
}

// registerPayload registers a webhook with a payload.
func (s *site) registerPayload(url string, settings delivery.Settings) *delivery.Endpoint {
	s.t.Helper()
	e, _, err := s.service.Register(s.t.Context(), Registration{URL: url, EventTypes: []string{"*"}, Secret: benchSecret, Settings: settings})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// The signature covers the sent payload, and filters and storm control see the
// original event.
func TestPayloadsAreDeliveredSignedAndFilteredByTheRealEvent(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	s.service.rules.payloads = send.NewPayloads(s.store.Secrets.PseudonymKey(), "https://postern.example.com")
	s.run()
	sinks := make(map[delivery.Payload]*webhooktest.Sink)
	for _, kind := range []delivery.Payload{delivery.PayloadFull, delivery.PayloadPseudonymous, delivery.PayloadThin} {
		sinks[kind] = webhooktest.NewSink(t)
		s.registerPayload(sinks[kind].URL, delivery.Settings{Payload: kind, StormSeconds: 3600,
			Conditions: jsontext.Value(`{"label":"Alice Smith"}`)})
	}
	published := s.publishJSON(strings.Join([]string{
		strings.ReplaceAll(webhooktest.Personal, "\n", " "),
		`{"id":"evt-2","type":"face_matched","source":"x","data":{"identity_id":"bob","label":"Bob"}}`,
		`{"id":"evt-3","type":"face_matched","source":"x","camera_id":"Zoë's","data":{"identity_id":"abc-123","label":"Alice Smith"}}`, // a storm
		`{"id":"evt-4","type":"line_crossed","source":"x","data":{"identity_id":"abc-123","label":"Alice Smith"}}`,
	}, "\n"))
	for kind, sink := range sinks {
		for _, r := range sink.Next(t, 2) {
			var e *event.Event
			for _, one := range published {
				if one.ID == r.Header.Get("X-Event-Id") {
					e = one
				}
			}
			if e == nil || e.ID == "evt-2" || e.ID == "evt-3" {
				t.Fatalf("%s: the event %s was sent", kind, r.Header.Get("X-Event-Id"))
			}
			want := send.NewPayloads(s.store.Secrets.PseudonymKey(), "https://postern.example.com").Encode(e, kind)
			if kind != delivery.PayloadFull && !bytes.Equal(r.Body, want) || kind == delivery.PayloadFull && !bytes.Equal(r.Body, e.JSON()) {
				t.Errorf("%s: %s was sent", kind, r.Body)
			}
			if kind != delivery.PayloadFull && bytes.Contains(r.Body, []byte("Alice")) {
				t.Errorf("%s: %s was sent", kind, r.Body)
			}
			if !signedWithBody(benchSecret, r.Body, r.Header) {
				t.Errorf("%s: the signature isn't of what was sent", kind)
			}
		}
		select {
		case r := <-sink.Got:
			t.Errorf("%s: %s was sent too", kind, r.Body)
		default:
		}
	}
}

func TestTestEventsHaveThePayloadToo(t *testing.T) {
	t.Parallel()
	s, sink := openSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	e := s.registerPayload(sink.URL, delivery.Settings{Payload: delivery.PayloadPseudonymous})
	if _, err := s.service.Test(t.Context(), e.ID, "face_matched"); err != nil {
		t.Fatal(err)
	}
	r := sink.Next(t, 1)[0]
	if !webhooktest.PseudonymForm.Match(r.Body) || !signedWithBody(benchSecret, r.Body, r.Header) ||
		strings.Contains(string(r.Body), "Alice") {
		t.Errorf("%s was sent", r.Body)
	}
}

func TestThinPayloadNeedsAPublicURL(t *testing.T) {
	t.Parallel()
	dir, sink := t.TempDir(), webhooktest.NewSink(t)
	s := openSite(t, dir, nil)
	_, _, err := s.service.Register(t.Context(), Registration{URL: sink.URL, EventTypes: []string{"*"},
		Settings: delivery.Settings{Payload: delivery.PayloadThin}})
	if words := says(t, err, "payload"); !strings.Contains(words, "--public-url") {
		t.Errorf("the refusal says %q", words)
	}
	_, err = s.service.Preview(t.Context(), []string{"*"}, delivery.Settings{Payload: delivery.PayloadThin})
	if !strings.Contains(says(t, err, "payload"), "--public-url") {
		t.Error(err)
	}
	full := s.registerPayload(sink.URL, delivery.Settings{})
	thin := delivery.Settings{Payload: delivery.PayloadThin}
	_, err = s.service.Change(t.Context(), full.ID, Change{Settings: ReplaceSettings(thin)})
	if !strings.Contains(says(t, err, "payload"), "--public-url") {
		t.Error(err)
	}
	s.service.rules.payloads = send.NewPayloads(s.store.Secrets.PseudonymKey(), "https://postern.example.com")
	if _, err := s.service.Change(t.Context(), full.ID, Change{Settings: ReplaceSettings(thin)}); err != nil {
		t.Fatal(err)
	}

	// One that was registered waits until it has somewhere to lead again, and
	// the rest of it can be changed meanwhile.
	after := s.restart(nil)
	types := []string{"face_matched"}
	if _, err := after.service.Change(t.Context(), full.ID, Change{EventTypes: &types}); err != nil {
		t.Error(err)
	}
	after.publish("face_matched")
	waitFor(t, func() bool { return after.service.Status(full.ID).Failed > 0 })
	last := after.service.Status(full.ID).LastError
	if last.Class != delivery.ClassRefused || !strings.Contains(last.Detail, "--public-url") || len(sink.Got) != 0 {
		t.Errorf("%+v", last)
	}
}

func TestPayloadSetting(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	for _, kind := range []delivery.Payload{"Full", "none", " thin"} {
		_, _, err := s.service.Register(t.Context(), Registration{URL: urlA, EventTypes: []string{"*"},
			Settings: delivery.Settings{Payload: kind}})
		if words := says(t, err, "payload"); !strings.Contains(words, `"pseudonymous"`) {
			t.Errorf("%q: %q", kind, words)
		}
	}
	e := s.registerPayload(urlA, delivery.Settings{Payload: delivery.PayloadPseudonymous})
	if e.Settings.Payload != delivery.PayloadPseudonymous {
		t.Errorf("%+v", e.Settings)
	}
	got, err := s.service.Change(t.Context(), e.ID, Change{Settings: ReplaceSettings(delivery.Settings{Payload: delivery.PayloadFull})})
	if err != nil || got.Settings.Payload != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnExchangeTellsThePayloadThatWasSent(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	e := s.registerPayload(sink.URL, delivery.Settings{Payload: delivery.PayloadPseudonymous})
	s.publish("face_matched")
	sent := sink.Next(t, 1)[0].Body
	waitFor(t, func() bool { return len(s.attempts(e.ID)) == 1 })
	x, err := s.service.AttemptDetail(t.Context(), e.ID, s.attempts(e.ID)[0].ID())
	if err != nil || !bytes.Equal(x.Body, sent) || !webhooktest.PseudonymForm.Match(x.Body) {
		t.Errorf("%s, %v; sent was %s", x.Body, err, sent)
	}
	for _, h := range x.Headers {
		if h.Name == "Content-Length" && h.Value != fmt.Sprint(len(sent)) {
			t.Errorf("Content-Length %s, want %d", h.Value, len(sent))
		}
	}
}
