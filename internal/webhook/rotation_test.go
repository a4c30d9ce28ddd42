package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/send"
	"postern/internal/webhook/webhooktest"
	"postern/internal/webhook/worker"
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

// signedWithBody reports whether X-Signature-256 was made with a secret.
func signedWithBody(secret string, body []byte, header http.Header) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return header.Get("X-Signature-256") == "sha256="+hex.EncodeToString(mac.Sum(nil))
}

// wantSigned checks that a delivery carries the signatures of the secrets
// that are given, newest first, and of no other, and that X-Signature-256 is
// the oldest's.
func wantSigned(t *testing.T, when string, body []byte, header http.Header, newestFirst ...string) {
	t.Helper()
	signatures := strings.Fields(header.Get("webhook-signature"))
	if len(signatures) != len(newestFirst) {
		t.Errorf("%s: %d signatures, want %d", when, len(signatures), len(newestFirst))
		return
	}
	for i, secret := range newestFirst {
		alone := header.Clone()
		alone.Set("webhook-signature", signatures[i])
		if !verifies(t, secret, body, alone) {
			t.Errorf("%s: signature %d isn't that of %s", when, i, secret)
		}
	}
	if n := len(newestFirst); n > 0 && !signedWithBody(newestFirst[n-1], body, header) {
		t.Errorf("%s: X-Signature-256 isn't that of the oldest secret", when)
	}
}

func TestAllSecretsSignWhileRotationsOverlap(t *testing.T) {
	t.Parallel()
	s, sink := startSite(t, t.TempDir(), nil), webhooktest.NewSink(t)
	e := s.register(sink.URL, firstSecret, "*")
	wantDelivery := func(when string, newestFirst ...string) {
		t.Helper()
		<-s.worker(e.ID).Redact(nil) // commands are executed in order, so the worker has the secrets
		s.publish("face_matched")
		r := sink.Next(t, 1)[0]
		wantSigned(t, when, r.Body, r.Header, newestFirst...)
	}
	rotate := func(secret string, overlap time.Duration) *delivery.Endpoint {
		t.Helper()
		rotated, made, err := s.service.Rotate(t.Context(), e.ID, Rotation{Secret: secret, Overlap: overlap})
		if err != nil || made != "" {
			t.Fatalf("made %q, %v", made, err)
		}
		return rotated
	}
	wantDelivery("before", firstSecret)
	began := time.Now()
	if got := rotate(secondSecret, DefaultOverlap); got.OverlapUntil(time.Now()).Sub(began.Add(DefaultOverlap)).Abs() > time.Minute {
		t.Errorf("it overlaps until %v", got.OverlapUntil(time.Now()))
	}
	wantDelivery("meanwhile", secondSecret, firstSecret)
	s = s.restart(nil)
	wantDelivery("after a restart", secondSecret, firstSecret)

	// A second and a third rotation don't shorten earlier overlaps.
	third := secretOf(40)
	rotated := rotate(third, time.Hour)
	if until := rotated.OverlapUntil(time.Now()); len(rotated.SignedWith(time.Now())) != 3 ||
		until.Sub(began.Add(DefaultOverlap)).Abs() > time.Minute {
		t.Errorf("three sign: %+v", rotated.SignedWith(time.Now()))
	}
	wantDelivery("after a second rotation", third, secondSecret, firstSecret)
	s = s.restart(nil)
	fourth := secretOf(24)
	rotated = rotate(fourth, 0)
	wantDelivery("after one without an overlap, of the newest alone", fourth, secondSecret, firstSecret)

	// Older ones are ended one by one, or all.
	if _, err := s.service.EndOverlap(t.Context(), e.ID, rotated.SignedWith(time.Now())[1].ID); err != nil {
		t.Fatal(err)
	}
	wantDelivery("after the end of one", fourth, firstSecret)
	for _, id := range []string{rotated.SignedWith(time.Now())[0].ID, rotated.SignedWith(time.Now())[1].ID, "sec_000000000000"} {
		if _, err := s.service.EndOverlap(t.Context(), e.ID, id); !errors.Is(err, ErrNoSecret) {
			t.Errorf("ending %s: %v", id, err)
		}
	}
	rotate(third, time.Hour)
	wantDelivery("before all end", third, fourth, firstSecret)
	ended, err := s.service.EndOverlap(t.Context(), e.ID, "")
	if err != nil || !ended.OverlapUntil(time.Now()).IsZero() {
		t.Errorf("ended: %+v, %v", ended, err)
	}
	wantDelivery("after all ended", third)
	if kept := textsOf(s.kept(e.ID)); !slices.Equal(kept, []string{third}) {
		t.Errorf("the store keeps %d secrets", len(kept))
	}

	// A secret is set: all others end at once.
	rotate(secondSecret, time.Hour)
	s.change(e.ID, Change{Secret: new(firstSecret)})
	wantDelivery("once set", firstSecret)
	// An older secret can become the newest again, and then has no end.
	rotate(secondSecret, time.Hour)
	rotate(firstSecret, time.Hour)
	wantDelivery("of one that came back", firstSecret, secondSecret)
}

// A rotation must not widen what a webhook is sent: settings that this version
// can't read, or doesn't know, stay in the store as they are.
func TestARotationLeavesStoredSettings(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{
		"damaged":                  `{"camera_ids":["lobby-cam-1"],"payload":"pseudonymous"`,
		"of another form":          `{"camera_ids":{"in":["lobby-cam-1"]},"payload":"pseudonymous"}`,
		"with a value not allowed": `{"payload":"hashes","camera_ids":["lobby-cam-1"]}`,
		"with a newer member":      `{"payload":"thin","camera_ids":["lobby-cam-1"],"zones":["door"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t, t.TempDir(), newWorld())
			e := s.register(urlA, firstSecret, "*")
			execute(t, s.dir, "UPDATE endpoints SET settings = '"+settings+"'")
			s = openSiteAgain(t, s)
			wantStored := func(when string) {
				t.Helper()
				if stored := settingsIn(t, s.dir); stored != settings {
					t.Errorf("%s the settings are %s, want %s", when, stored, settings)
				}
			}
			if _, _, err := s.service.Rotate(t.Context(), e.ID, Rotation{Secret: secondSecret, Overlap: time.Hour}); err != nil {
				t.Fatal(err)
			}
			wantStored("after a rotation")
			if got := textsOf(s.kept(e.ID)); !slices.Equal(got, []string{secondSecret, firstSecret}) {
				t.Errorf("the store keeps %d secrets", len(got))
			}
			if _, err := s.service.EndOverlap(t.Context(), e.ID, ""); err != nil {
				t.Fatal(err)
			}
			wantStored("after the end of the overlap")
			if kept := s.kept(e.ID); kept.Unreadable != nil {
				if err := s.store.Deliveries.UpdateEndpoint(t.Context(), kept); err == nil {
					t.Error("the store takes a record whose settings it couldn't read")
				}
				wantStored("after an update of it")
			}
		})
	}
}

// settingsIn reads the settings of a folder's only webhook as they are stored.
func settingsIn(t *testing.T, dir string) (text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "postern.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "SELECT settings FROM endpoints").Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// textsOf are the texts of an endpoint's secrets, newest first.
func textsOf(e *deliveries.EndpointRecord) (texts []string) {
	for _, one := range e.Secrets {
		texts = append(texts, one.Text)
	}
	return texts
}

// worker returns a webhook's worker.
func (s *site) worker(id string) *worker.Worker {
	s.t.Helper()
	_, w, err := s.service.lookUp(id)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

// At each moment exactly the secrets sign whose end is in the future, after any
// sequence of rotations, early ends and restarts.
func TestEachSecretSignsUntilItsOwnEnd(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			s := openSite(t, t.TempDir(), newWorld())
			e := s.register(urlA, secretOf(24), "*")
			type promise struct {
				text  string
				until time.Time // zero for the newest
			}
			promised := []promise{{text: secretOf(24)}} // newest first
			one := webhooktest.SomeEvent(t)
			for step := range 40 {
				now := time.Now()
				promised = slices.DeleteFunc(promised, func(p promise) bool { return !p.until.IsZero() && !now.Before(p.until) })
				var want []string
				for _, p := range promised {
					want = append(want, p.text)
				}
				h := send.NewSigner(s.kept(e.ID).Secrets).Header(send.Request{Event: one}, one.JSON(), now, "")
				wantSigned(t, fmt.Sprintf("seed %d, step %d", seed, step), one.JSON(), h, want...)
				shown, err := s.service.Endpoint(e.ID)
				if err != nil || len(shown.SignedWith(time.Now())) != len(promised) {
					t.Fatalf("seed %d, step %d: shown are %+v, %v", seed, step, shown.SignedWith(time.Now()), err)
				}
				for i, p := range promised {
					if !shown.SignedWith(time.Now())[i].Until.Equal(p.until) {
						t.Errorf("seed %d, step %d: secret %d signs until %v, and %v was promised", seed, step,
							i, shown.SignedWith(time.Now())[i].Until, p.until)
					}
				}
				switch random.IntN(8) {
				case 0, 1, 2, 3:
					overlap := time.Duration(random.IntN(48)) * time.Hour / 2
					_, made, err := s.service.Rotate(t.Context(), e.ID, Rotation{Overlap: overlap})
					var tooMany *TooManySecretsError
					if errors.As(err, &tooMany) {
						if len(promised) != MaxSecrets || overlap == 0 {
							t.Errorf("seed %d, step %d: refused with %d secrets: %v", seed, step, len(promised), err)
						}
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					promised[0].until = now.Add(overlap)
					promised = append([]promise{{text: made}}, promised...)
				case 4:
					if len(promised) > 1 {
						i := 1 + random.IntN(len(promised)-1)
						if _, err := s.service.EndOverlap(t.Context(), e.ID, shown.SignedWith(time.Now())[i].ID); err != nil {
							t.Fatal(err)
						}
						promised = slices.Delete(promised, i, i+1)
					}
				case 5:
					s = openSiteAgain(t, s)
				}
				time.Sleep(time.Duration(random.IntN(4)) * time.Hour)
			}
		})
	}
}

// A worker's signer ends an overlap by itself, without a request.
func TestOverlapEndsWithTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, t.TempDir(), newWorld())
		e := s.register(urlA, firstSecret, "*")
		third := secretOf(30)
		for _, r := range []Rotation{{Secret: secondSecret, Overlap: 2 * time.Hour}, {Secret: third, Overlap: time.Hour}} {
			if _, _, err := s.service.Rotate(t.Context(), e.ID, r); err != nil {
				t.Fatal(err)
			}
		}
		sign := send.NewSigner(s.kept(e.ID).Secrets)
		one := webhooktest.SomeEvent(t)
		for _, tc := range []struct {
			wait time.Duration
			with []string
		}{
			{time.Hour - time.Second, []string{third, secondSecret, firstSecret}},
			{2 * time.Second, []string{third, firstSecret}},
			{time.Hour, []string{third}},
		} {
			time.Sleep(tc.wait)
			h := sign.Header(send.Request{Event: one}, one.JSON(), time.Now(), "Postern/1.2.3")
			wantSigned(t, fmt.Sprint("after ", tc.wait), one.JSON(), h, tc.with...)
			if got, err := s.service.Endpoint(e.ID); err != nil || len(got.SignedWith(time.Now())) != len(tc.with) {
				t.Errorf("the webhook says that it is signed with %+v, %v", got.SignedWith(time.Now()), err)
			}
		}
		// Every change removes the secrets that have ended.
		s.change(e.ID, Change{EventTypes: new([]string{"face_matched"})})
		if kept := textsOf(s.kept(e.ID)); !slices.Equal(kept, []string{third}) {
			t.Errorf("%d secrets are kept", len(kept))
		}
	})
}

func TestARotationBeyondTheMostSecretsSaysWhenTheNextEnds(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	e := s.register(urlA, firstSecret, "*")
	for i := range MaxSecrets - 1 {
		if _, _, err := s.service.Rotate(t.Context(), e.ID, Rotation{Overlap: time.Duration(MaxSecrets+3-i%3) * time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	before, err := s.service.Endpoint(e.ID)
	if err != nil || len(before.SignedWith(time.Now())) != MaxSecrets {
		t.Fatalf("%d secrets sign, %v", len(before.SignedWith(time.Now())), err)
	}
	_, made, err := s.service.Rotate(t.Context(), e.ID, Rotation{Overlap: time.Minute})
	var tooMany *TooManySecretsError
	if !errors.As(err, &tooMany) || made != "" {
		t.Fatalf("made %q, %v", made, err)
	}
	next := before.SignedWith(time.Now())[1].Until
	for _, one := range before.SignedWith(time.Now())[1:] {
		if one.Until.Before(next) {
			next = one.Until
		}
	}
	if !tooMany.Next.Equal(next) || !strings.Contains(err.Error(), event.FormatTime(next)) {
		t.Errorf("the refusal says %v, and the next ends at %v", err, next)
	}
	if after, err := s.service.Endpoint(e.ID); err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("a refused rotation changed the secrets: %+v, %v", after, err)
	}
	// Without an overlap there is room.
	if _, _, err := s.service.Rotate(t.Context(), e.ID, Rotation{}); err != nil {
		t.Errorf("without an overlap: %v", err)
	}
}

// A requester who has seen fewer secrets doesn't know of the latest rotation.
func TestARotationThatCameBetweenIsNoticed(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	e := s.register(urlA, "", "*")
	for seen := range 3 { // each number allows one rotation, however often it is sent
		for i := range 2 {
			_, made, err := s.service.Rotate(t.Context(), e.ID, Rotation{Overlap: time.Hour, Seen: &seen})
			var rotated *RotatedError
			if i == 0 && err != nil || i == 1 && (!errors.As(err, &rotated) || rotated.Signing != seen+1 || made != "") {
				t.Errorf("seen %d, time %d: made %q, %v", seen, i, made, err)
			}
		}
	}
	if got, err := s.service.Endpoint(e.ID); err != nil || len(got.SignedWith(time.Now())) != 3 {
		t.Errorf("%d secrets sign, %v", len(got.SignedWith(time.Now())), err)
	}
}

func TestRotationMakesASecretOnRequest(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), newWorld())
	e := s.register(urlA, "", "*") // that had none
	rotated, made, err := s.service.Rotate(t.Context(), e.ID, Rotation{Overlap: DefaultOverlap})
	if err != nil || !strings.HasPrefix(made, "whsec_") || len(rotated.SignedWith(time.Now())) != 1 ||
		!rotated.OverlapUntil(time.Now()).IsZero() {
		t.Fatalf("rotated %+v, made %q, %v", rotated, made, err)
	}
	if _, err := standardwebhooks.NewWebhook(made); err != nil {
		t.Errorf("the library doesn't take %q: %v", made, err)
	}
	_, second, err := s.service.Rotate(t.Context(), e.ID, Rotation{Overlap: DefaultOverlap})
	if err != nil || second == made {
		t.Errorf("made %q twice, %v", second, err)
	}
	if kept := textsOf(s.kept(e.ID)); !slices.Equal(kept, []string{second, made}) {
		t.Error("the store keeps other secrets")
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
		{"short", time.Hour, "secret"}, {firstSecret, time.Hour, "secret"}, {firstSecret + " ", time.Hour, "secret"},
		{strings.Repeat("x", delivery.MaxSecretBytes+1), time.Hour, "secret"}, {"with\ncontrol characters", 0, "secret"},
		{"", -time.Second, "overlap_hours"}, {"", MaxOverlap + time.Second, "overlap_hours"},
	} {
		_, made, err := s.service.Rotate(t.Context(), e.ID, Rotation{Secret: tc.secret, Overlap: tc.overlap})
		var invalid *problem.Error
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != tc.field || made != "" {
			t.Errorf("%q, %v: %v", tc.secret, tc.overlap, err)
		}
	}
	if kept := textsOf(s.kept(e.ID)); !slices.Equal(kept, []string{firstSecret}) {
		t.Error("a refused rotation changed the secrets")
	}
	if _, _, err := s.service.Rotate(context.Background(), "wh_000000000000", Rotation{Overlap: time.Hour}); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown webhook: %v", err)
	}
	if _, err := s.service.EndOverlap(t.Context(), "wh_000000000000", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown webhook: %v", err)
	}
}
