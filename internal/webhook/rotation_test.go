package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"postern/internal/event"
	"postern/internal/journal"
)

const (
	firstSecret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	secondSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// verifies reports whether the official library takes a delivery as signed
// with a secret, its time aside.
func verifies(t *testing.T, secret string, body []byte, header http.Header) bool {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.VerifyIgnoringTimestamp(body, header) == nil
}

// signedWith reports whether X-Signature-256 is a secret's.
func signedWith(secret string, body []byte, header http.Header) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return header.Get("X-Signature-256") == "sha256="+hex.EncodeToString(mac.Sum(nil))
}

func TestBothSecretsSignWhileARotationOverlaps(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), newSink(t)
	e := s.register(sink.URL, firstSecret, "*")
	deliver := func() request {
		t.Helper()
		s.publish("face_matched")
		return sink.next(t, 1)[0]
	}
	check := func(when string, r request, first, second bool, reference string) {
		t.Helper()
		signatures := strings.Fields(r.header.Get("webhook-signature"))
		if want := map[bool]int{true: 2, false: 1}[first && second]; len(signatures) != want {
			t.Errorf("%s there are the signatures %q", when, signatures)
		}
		if verifies(t, firstSecret, r.body, r.header) != first || verifies(t, secondSecret, r.body, r.header) != second {
			t.Errorf("%s the library verifies %q with the first secret: %v, with the second: %v", when, signatures, !first, !second)
		}
		if !signedWith(reference, r.body, r.header) {
			t.Errorf("%s X-Signature-256 is another secret's", when)
		}
		if first && second { // the newest comes first
			alone := r.header.Clone()
			alone.Set("webhook-signature", signatures[0])
			if !verifies(t, secondSecret, r.body, alone) {
				t.Errorf("%s the first signature isn't the newest secret's", when)
			}
		}
	}
	check("before", deliver(), true, false, firstSecret)

	began := time.Now()
	rotated, made, err := s.service.Rotate(t.Context(), e.ID, secondSecret, DefaultOverlap)
	if err != nil || made != "" || !rotated.HasSecret || rotated.OverlapUntil.Sub(began.Add(DefaultOverlap)).Abs() > time.Minute {
		t.Fatalf("rotated %+v, made %q, %v", rotated, made, err)
	}
	waitFor(t, func() bool { return s.lane(e.ID).endpointNow(t).OldSecret == firstSecret })
	check("meanwhile", deliver(), true, true, firstSecret)
	s = s.restart(nil)
	check("after a restart", deliver(), true, true, firstSecret)

	ended, err := s.service.EndOverlap(t.Context(), e.ID)
	if err != nil || !ended.OverlapUntil.IsZero() {
		t.Errorf("ended: %+v, %v", ended, err)
	}
	waitFor(t, func() bool { return s.lane(e.ID).endpointNow(t).OldSecret == "" })
	check("afterwards", deliver(), false, true, secondSecret)
	if kept := s.kept(e.ID); kept.OldSecret != "" || !kept.OldSecretUntil.IsZero() {
		t.Errorf("the journal keeps the old secret until %v", kept.OldSecretUntil)
	}

	// No overlap is asked for, or a secret is set: the old one ends at once.
	if _, _, err := s.service.Rotate(t.Context(), e.ID, firstSecret, 0); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return s.lane(e.ID).endpointNow(t).Secret == firstSecret })
	check("without overlap", deliver(), true, false, firstSecret)
	if _, _, err := s.service.Rotate(t.Context(), e.ID, "something else", time.Hour); err != nil {
		t.Fatal(err)
	}
	s.change(e.ID, Change{Secret: new(secondSecret)})
	waitFor(t, func() bool { return s.lane(e.ID).endpointNow(t).Secret == secondSecret })
	check("once set", deliver(), false, true, secondSecret)
	if got, err := s.service.Endpoint(e.ID); err != nil || !got.OverlapUntil.IsZero() {
		t.Errorf("once set: %+v, %v", got, err)
	}
}

// lane returns a webhook's lane.
func (s *site) lane(id string) *lane {
	s.t.Helper()
	_, l, err := s.service.lookUp(id)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// endpointNow returns the endpoint that a lane works with.
func (l *lane) endpointNow(t *testing.T) (e *journal.Endpoint) {
	t.Helper()
	done := make(chan struct{})
	if !l.orders.order(func() { e = l.endpoint; close(done) }) {
		t.Fatal("the lane has ended")
	}
	<-done
	return e
}

// The overlap ends by itself, whether or not anybody asks.
func TestOverlapEndsWithTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, t.TempDir(), newWorld())
		e := s.register(urlA, firstSecret, "*")
		if _, _, err := s.service.Rotate(t.Context(), e.ID, secondSecret, time.Hour); err != nil {
			t.Fatal(err)
		}
		sign := newSigner(secretsOf(s.kept(e.ID)))
		one := someEvent(t)
		for _, tc := range []struct {
			wait  time.Duration
			count int
			with  string
		}{{time.Hour - time.Second, 2, firstSecret}, {2 * time.Second, 1, secondSecret}} {
			time.Sleep(tc.wait)
			h := sign.deliveryHeader(parcel{event: one}, one.JSON(), time.Now(), "Postern/1.2.3")
			if n := len(strings.Fields(h.Get("webhook-signature"))); n != tc.count || !signedWith(tc.with, one.JSON(), h) {
				t.Errorf("%d signatures: %v", n, h)
			}
			if got, err := s.service.Endpoint(e.ID); err != nil || got.OverlapUntil.IsZero() != (tc.count == 1) {
				t.Errorf("the webhook says that it overlaps until %v, %v", got.OverlapUntil, err)
			}
		}
	})
}

func TestRotationMakesASecretOnRequest(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	e := s.register(urlA, "", "*") // that had none
	rotated, made, err := s.service.Rotate(t.Context(), e.ID, "", DefaultOverlap)
	if err != nil || !strings.HasPrefix(made, "whsec_") || !rotated.HasSecret || !rotated.OverlapUntil.IsZero() {
		t.Fatalf("rotated %+v, made %q, %v", rotated, made, err)
	}
	if _, err := standardwebhooks.NewWebhook(made); err != nil {
		t.Errorf("the library doesn't take %q: %v", made, err)
	}
	_, second, err := s.service.Rotate(t.Context(), e.ID, "", DefaultOverlap)
	if err != nil || second == made {
		t.Errorf("made %q twice, %v", second, err)
	}
	if kept := s.kept(e.ID); kept.Secret != second || kept.OldSecret != made {
		t.Error("the journal keeps other secrets")
	}
}

func TestRotationsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	e := s.register(urlA, firstSecret, "*")
	for _, tc := range []struct {
		secret  string
		overlap time.Duration
		field   string
	}{
		{"short", time.Hour, "secret"}, {strings.Repeat("x", maxSecretBytes+1), time.Hour, "secret"}, {"with\ncontrol characters", 0, "secret"},
		{"", -time.Second, "overlap_hours"}, {"", MaxOverlap + time.Second, "overlap_hours"},
	} {
		_, made, err := s.service.Rotate(t.Context(), e.ID, tc.secret, tc.overlap)
		var invalid *event.InvalidError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != tc.field || made != "" {
			t.Errorf("%q, %v: %v", tc.secret, tc.overlap, err)
		}
	}
	if kept := s.kept(e.ID); kept.Secret != firstSecret || kept.OldSecret != "" {
		t.Error("a refused rotation changed the secrets")
	}
	if _, _, err := s.service.Rotate(context.Background(), "wh_000000000000", "", time.Hour); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown webhook: %v", err)
	}
	if _, err := s.service.EndOverlap(t.Context(), "wh_000000000000"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown webhook: %v", err)
	}
}
