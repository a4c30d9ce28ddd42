package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/webhooktest"
	"postern/internal/webhook/worker"
)

func (s *site) try(id string) delivery.TestResult {
	s.t.Helper()
	trial, err := s.service.Test(s.t.Context(), id, "face_matched")
	if err != nil {
		s.t.Fatal(err)
	}
	return trial
}

func TestTestResult_SaysWhatHappened(t *testing.T) {
	t.Parallel()
	const pause = 20 * time.Millisecond
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(pause)
		fmt.Fprint(w, "thank you")
	})
	plain := httptest.NewServer(answer)
	t.Cleanup(plain.Close)
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		fmt.Fprint(w, "no such tenant")
	}))
	t.Cleanup(refusing.Close)
	secure := webhooktest.TrustedServer(t, answer, nil)
	older := webhooktest.TrustedServer(t, answer, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
	selfSigned, _ := webhooktest.UntrustedServer(t, nil)
	hanging := webhooktest.RawServer(t, webhooktest.Hold)
	silent := webhooktest.RawServer(t, func(net.Conn) {})
	_, port, _ := net.SplitHostPort(plain.Listener.Addr().String())

	s := startSite(t, t.TempDir(), nil)
	for name, tc := range map[string]struct {
		url     string
		class   delivery.Class
		status  int
		head    string
		address string
		tls     string
		took    time.Duration // at least, for the answer
	}{
		"http":            {plain.URL, delivery.ClassNone, 200, "thank you", plain.Listener.Addr().String(), "", pause},
		"by name":         {"http://localhost:" + port, delivery.ClassNone, 200, "thank you", plain.Listener.Addr().String(), "", pause},
		"https":           {secure.URL, delivery.ClassNone, 200, "thank you", secure.Listener.Addr().String(), "TLS 1.3", pause},
		"https, older":    {older.URL, delivery.ClassNone, 200, "thank you", older.Listener.Addr().String(), "TLS 1.2", pause},
		"self-signed":     {selfSigned.URL, delivery.ClassTLS, 0, "", selfSigned.Listener.Addr().String(), "", 0},
		"refuses":         {refusing.URL, delivery.ClassStatus, 422, "no such tenant", refusing.Listener.Addr().String(), "", 0},
		"hangs":           {"http://" + hanging, delivery.ClassTimeout, 0, "", hanging, "", 0},
		"closes":          {"http://" + silent, delivery.ClassBody, 0, "", silent, "", 0},
		"has no address":  {"http://nope.invalid/", delivery.ClassDNS, 0, "", "", "", 0},
		"nothing listens": {"http://127.0.0.1:1/", delivery.ClassConnect, 0, "", "127.0.0.1:1", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := s.registerWith(tc.url, delivery.Settings{TimeoutSeconds: 1})
			trial := s.try(e.ID)
			if a := trial.Attempt; a.Class != tc.class || a.OK() != (tc.class == delivery.ClassNone) || a.Status != tc.status || a.Duration <= 0 ||
				(a.Detail == "") != a.OK() || a.EventType != event.FaceMatched {
				t.Errorf("the attempt is %+v", a)
			}
			if trial.Head != tc.head || trial.TLS != tc.tls || !strings.HasPrefix(trial.Address, tc.address) ||
				(tc.address == "") != (trial.Address == "") {
				t.Errorf("the trial is %+v", trial)
			}
			if !event.ValidID(trial.EventID) || trial.EventID != trial.Attempt.EventID {
				t.Errorf("the event's id is %q, the attempt's %q", trial.EventID, trial.Attempt.EventID)
			}
			if trial.FirstByte < tc.took || (trial.Handshake > 0) != (tc.tls != "") || trial.DNS < 0 || trial.Connect < 0 {
				t.Errorf("the steps took %v, %v, %v and %v", trial.DNS, trial.Connect, trial.Handshake, trial.FirstByte)
			}
			if (trial.FirstByte > 0) != (tc.status != 0) || (tc.class <= delivery.ClassNone) && trial.Connect == 0 {
				t.Errorf("the steps took %v, %v, %v and %v", trial.DNS, trial.Connect, trial.Handshake, trial.FirstByte)
			}
			if sum := trial.DNS + trial.Connect + trial.Handshake + trial.FirstByte; sum > trial.Attempt.Duration {
				t.Errorf("the steps took %v of %v", sum, trial.Attempt.Duration)
			}
		})
	}
}

func TestTrialIsSignedMarkedAndNotKept(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	e := s.register(sink.URL, firstSecret, "system_error")
	for _, info := range event.Catalogue() {
		trial, err := s.service.Test(t.Context(), e.ID, info.Name)
		if err != nil || !trial.Attempt.OK() {
			t.Fatalf("%s: %+v, %v", info.Name, trial, err)
		}
		r := sink.Next(t, 1)[0]
		if r.Header.Get("X-Postern-Test") != "true" || r.Header.Get("X-Event-Type") != info.Name ||
			r.Header.Get("X-Event-ID") != trial.EventID || r.Header.Get("X-Postern-Replay") != "" {
			t.Errorf("%s came with %v", info.Name, r.Header)
		}
		if !verifies(t, firstSecret, r.Body, r.Header) || !signedWithBody(firstSecret, r.Body, r.Header) {
			t.Errorf("%s isn't signed", info.Name)
		}
		if !strings.Contains(string(r.Body), trial.EventID) || !strings.Contains(string(r.Body), `"type":"`+info.Name+`"`) {
			t.Errorf("%s came as %s", info.Name, r.Body)
		}
		if _, err := s.hub.Find(t.Context(), trial.EventID, func(string) bool { return true }); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("the sample is an event: %v", err)
		}
	}
	if status := s.service.Status(e.ID); status.Delivered != 0 || status.Last != nil || s.hub.Head() != 0 || len(s.attempts(e.ID)) != 0 {
		t.Errorf("the status is %+v", status)
	}
	// A real delivery isn't marked.
	s.publish("system_error")
	if r := sink.Next(t, 1)[0]; r.Header.Get("X-Postern-Test") != "" {
		t.Errorf("a delivery came with %v", r.Header)
	}
}

func TestTrialWorksInEveryState(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	e := s.register(sink.URL, "", "*")
	s.pause(e.ID)
	waitFor(t, func() bool { return s.service.Status(e.ID).State == delivery.Paused })
	if trial := s.try(e.ID); !trial.Attempt.OK() {
		t.Errorf("while paused: %+v", trial)
	}
	sink.Next(t, 1)
	s.stopWorkers()
	if trial := s.try(e.ID); !trial.Attempt.OK() {
		t.Errorf("after the workers have ended: %+v", trial)
	}
	if status := s.service.Status(e.ID); status.State != delivery.Paused {
		t.Errorf("the status is %+v", status)
	}
}

func TestFailedTrialCountsForNothing(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }))
	t.Cleanup(server.Close)
	e := s.register(server.URL, "", "*")
	for range worker.FailingAfter {
		if trial := s.try(e.ID); trial.Attempt.Status != 410 || trial.Attempt.OK() {
			t.Errorf("%+v", trial)
		}
	}
	if status := s.service.Status(e.ID); status.State != delivery.Active || status.Failed != 0 || status.LastError != nil {
		t.Errorf("the status is %+v", status)
	}
}

func TestTrialOfARefusedTarget(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	e := s.register("http://localhost:1/", "", "*")
	s.service.rules.guard = egress.NewGuard(egress.Policy{AllowHTTP: true}) // started again without --allow-target
	trial := s.try(e.ID)
	if trial.Attempt.Class != delivery.ClassRefused || trial.Attempt.Status != 0 || trial.Connect != 0 {
		t.Errorf("the trial is %+v", trial)
	}
}

func TestTrialsThatCannotBe(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	e := s.register("http://"+webhooktest.RawServer(t, webhooktest.Hold), "", "*")
	var invalid *problem.Error
	if _, err := s.service.Test(t.Context(), e.ID, "no_such_type"); !errors.As(err, &invalid) || invalid.Fields[0].Field != "event_type" {
		t.Errorf("an unknown type: %v", err)
	}
	if _, err := s.service.Test(t.Context(), "wh_000000000000", "face_matched"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown webhook: %v", err)
	}
	gone, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.service.Test(gone, e.ID, "face_matched"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who asked has gone: %v", err)
	}
}
