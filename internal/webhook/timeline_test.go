package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/send"
	"postern/internal/webhook/webhooktest"
)

// firstAttempt waits for a webhook's first attempt, and returns its detail.
func (s *site) firstAttempt(id string) AttemptDetail {
	s.t.Helper()
	waitFor(s.t, func() bool { return len(s.attempts(id)) > 0 })
	attempts := s.attempts(id)
	x, err := s.service.AttemptDetail(s.t.Context(), id, attempts[len(attempts)-1].ID())
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

func TestTimeline_IsKeptForFailuresAndSlowDeliveries(t *testing.T) {
	t.Parallel()
	answer := func(pause time.Duration, status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(pause)
			w.Header().Set("X-Request-Id", "r-1")
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	s := startSite(t, t.TempDir(), nil)
	quick, slow := s.register(answer(0, 200), "", "*"), s.register(answer(slowAnswer, 200), "", "*")
	failing := s.register(answer(0, 503), firstSecret, "*")
	published := s.publish("face_matched")[0]
	if x := s.firstAttempt(quick.ID); x.Attempt.Timeline != nil || x.Signed {
		t.Errorf("a quick delivery: %+v", x.Attempt)
	}
	for _, x := range []AttemptDetail{s.firstAttempt(slow.ID), s.firstAttempt(failing.ID)} {
		line := x.Attempt.Timeline
		if line == nil {
			t.Fatalf("%s has no timeline: %+v", x.URL, x.Attempt)
		}
		if got := line.Phases[delivery.PhaseWait]; !got.Reached() || x.Attempt.OK() && got.Took() < slowAnswer {
			t.Errorf("it waited for %v", got.Took())
		}
		found := false
		for _, h := range line.Headers {
			found = found || h == delivery.Header{Name: "X-Request-Id", Value: "r-1"}
		}
		if !found {
			t.Errorf("the headers are %v", line.Headers)
		}
		// The event was live, so that its commit is known, and lies before the attempt.
		if at := x.Committed(); at.Before(published.Received) || at.After(x.Attempt.At.Add(time.Millisecond)) {
			t.Errorf("it arrived at %v, was committed at %v, and the attempt began at %v", published.Received, at, x.Attempt.At)
		}
		if x.Delivery == nil || x.Delivery.Attempts[0].ID() != x.Attempt.ID() {
			t.Errorf("the delivery is %+v", x.Delivery)
		}
	}
}

const slowAnswer = 1100 * time.Millisecond

// A failed attempt has a check of its signatures: they are told even if the webhook
// was changed since, as long as they are those that were sent.
func TestTimeline_SignaturesAreToldAsSentOrNotAtAll(t *testing.T) {
	t.Parallel()
	sink := webhooktest.NewSink(t)
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sink.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(refusing.Close)
	s := startSite(t, t.TempDir(), nil)
	e := s.register(refusing.URL, firstSecret, "*")
	s.publish("face_matched")
	got := sink.Next(t, 1)[0]
	told := func(x AttemptDetail) (body, standard string) {
		for _, h := range x.Headers {
			switch h.Name {
			case "X-Signature-256":
				body = h.Value
			case "webhook-signature":
				standard = h.Value
			}
		}
		return body, standard
	}
	if body, standard := told(s.firstAttempt(e.ID)); body == "" || body != got.Header.Get(send.HeaderSignature) ||
		standard != got.Header.Get(send.HeaderWebhookSignatures) {
		t.Errorf("told as %s, %s; it was sent with %v", body, standard, got.Header)
	}
	s.change(e.ID, Change{Settings: func(to *delivery.Settings) { to.TimeoutSeconds = 3 }})
	if x := s.firstAttempt(e.ID); !x.Moved || !x.Signed {
		t.Errorf("after a change of something else: moved %t, signed %t", x.Moved, x.Signed)
	}
	if _, _, err := s.service.Rotate(t.Context(), e.ID, Rotation{}); err != nil {
		t.Fatal(err)
	}
	x := s.firstAttempt(e.ID)
	if body, standard := told(x); x.Signed || body != "" || standard != "" {
		t.Errorf("after a rotation it is told as %s, %s", body, standard)
	}
}

// An erasure removes the answer's headers, and the signatures with them.
func TestTimeline_OfAnErasedEvent(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Person", "abc-1")
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(refusing.Close)
	s := startSite(t, t.TempDir(), nil)
	e := s.register(refusing.URL, firstSecret, "*")
	s.publishAbout("gate", "abc-1")
	if x := s.firstAttempt(e.ID); len(x.Attempt.Timeline.Headers) == 0 || !x.Signed {
		t.Fatalf("before the erasure: %+v", x.Attempt.Timeline)
	}
	s.eraseNow("abc-1")
	x := s.firstAttempt(e.ID)
	if line := x.Attempt.Timeline; line == nil || len(line.Headers) > 0 || x.Signed || !line.Phases[delivery.PhaseWait].Reached() {
		t.Errorf("after the erasure: %+v, signed %t", line, x.Signed)
	}
}
