package webhook

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
)

func (s *site) change(id string, c Change) {
	s.t.Helper()
	if _, err := s.service.Change(s.t.Context(), id, c); err != nil {
		s.t.Fatal(err)
	}
}

// TestNewURLAndSecretCountFromThenOn changes both under load.
func TestNewURLAndSecretCountFromThenOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "first secret", "*")
		slow := always(answer{after: 100 * time.Millisecond})
		w.answers(urlA, slow)
		w.answers(urlB, slow)
		s.publishMany(100, "face_matched")
		time.Sleep(150 * time.Millisecond) // 32 have arrived, 32 are under way
		s.change(e.ID, Change{URL: new(urlB), Secret: new("second secret")})
		synctest.Wait()
		atA := len(w.posts(urlA))
		s.publishMany(100, "face_matched")
		time.Sleep(time.Minute)
		synctest.Wait()

		if n := len(w.posts(urlA)); n != atA || n != 2*delivery.DefaultInFlight {
			t.Errorf("the old URL got %d events before the change and %d after it", atA, n-atA)
		}
		count := w.delivered(urlA)
		for seq, n := range w.delivered(urlB) {
			count[seq] += n
		}
		for seq := int64(1); seq <= 200; seq++ {
			if count[seq] != 1 {
				t.Errorf("event %d was delivered %d times", seq, count[seq])
			}
		}
		for _, p := range w.posts(urlA) {
			if p.secret != "first secret" {
				t.Errorf("event %d went to the old URL with the secret %q", p.seq, p.secret)
			}
		}
		for _, p := range w.posts(urlB) {
			if p.secret != "second secret" {
				t.Errorf("event %d went to the new URL with the secret %q", p.seq, p.secret)
			}
		}
	})
}

func TestNewEventTypesCountFromThenOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "face_matched", "line_crossed")
		var want []int64
		publish := func(matching ...event.Type) {
			for _, published := range s.publish("face_detected", "face_matched", "line_crossed", "system_error") {
				if event.Types(matching...).Has(published.Type) {
					want = append(want, published.Seq)
				}
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		publish(event.FaceMatched, event.LineCrossed)
		s.change(e.ID, Change{EventTypes: new([]string{"line_crossed", "system_error"})})
		publish(event.LineCrossed, event.SystemError)
		s.change(e.ID, Change{EventTypes: new([]string{"*"})})
		publish(event.FaceDetected, event.FaceMatched, event.LineCrossed, event.SystemError)
		s.change(e.ID, Change{EventTypes: new([]string{"face_detected"})})
		publish(event.FaceDetected)

		got := w.delivered(urlA)
		for _, seq := range want {
			if got[seq] != 1 {
				t.Errorf("event %d was delivered %d times", seq, got[seq])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d events were delivered, want %d", len(got), len(want))
		}
	})
}

// A delivery that waits for a retry matched when it was read, and goes to the
// endpoint's present URL.
func TestChange_SendsTheBacklogToTheNewURL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "face_matched")
		s.fail(w, urlA, e.ID)
		s.publishMany(5, "face_matched")
		s.change(e.ID, Change{URL: new(urlB), EventTypes: new([]string{"system_error"})})
		time.Sleep(2 * worker.MaxProbe)
		synctest.Wait()
		if n := len(w.delivered(urlB)); n != worker.FailingAfter {
			t.Errorf("%d events arrived at the new URL, want the %d that waited", n, worker.FailingAfter)
		}
		if status := s.service.Status(e.ID); status.State != delivery.Active || status.Retrying != 0 || status.Behind != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestChange_BeforeTheWorkersRunCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publish("face_matched", "line_crossed")
		s.change(e.ID, Change{EventTypes: new([]string{"face_matched"})})
		s.change(e.ID, Change{URL: new(urlB), EventTypes: new([]string{"line_crossed"})})
		s.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(w.posts(urlA)); n != 0 {
			t.Errorf("%d events went to the old URL", n)
		}
		if posts := w.posts(urlB); len(posts) != 1 || posts[0].kind != event.LineCrossed {
			t.Errorf("the new URL got %v", posts)
		}
	})
}

// No request waits for a worker that has ended: requests are still answered
// while Postern stops.
func TestService_AnswersAfterItsWorkersHaveEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		synctest.Wait()
		s.stopWorkers()
		for range 3 {
			s.change(e.ID, Change{URL: new(urlB)})
		}
		if got, err := s.service.Endpoint(e.ID); err != nil || got.URL != urlB {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.service.Remove(t.Context(), e.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestRemovalStopsDeliveriesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		other := s.register(urlB, "", "*")
		w.answers(urlA, func(p post) answer {
			switch {
			case p.seq <= 5:
				return answer{status: 500}
			case p.seq <= 20:
				return answer{}
			default:
				return never
			}
		})
		s.publishMany(100, "face_matched")
		time.Sleep(time.Second)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.InFlight != delivery.DefaultInFlight || status.Retrying != 5 {
			t.Fatalf("under way the status is %+v", status)
		}
		had, at := len(w.posts(urlA)), time.Now()
		if err := s.service.Remove(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, p := range w.posts(urlA) {
			if p.seq > 20 && (!p.interrupted || !p.ended.Equal(at)) {
				t.Errorf("event %d went on for %v", p.seq, p.ended.Sub(at))
			}
		}
		s.publishMany(10, "face_matched")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := len(w.posts(urlA)) - had; n != 0 {
			t.Errorf("%d more posts after the removal", n)
		}
		if n := len(w.delivered(urlB)); n != 110 {
			t.Errorf("the neighbour got %d events, want 110", n)
		}

		if _, err := s.service.Endpoint(e.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("it is still there: %v", err)
		}
		if err := s.service.Remove(t.Context(), e.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("it can be removed again: %v", err)
		}
		// The record stays: 15 delivered, 5 failed; what Postern cut off
		// itself isn't an attempt.
		for range 2 {
			attempts, failed := s.attempts(e.ID), 0
			for _, a := range attempts {
				if !a.OK() {
					failed++
				}
			}
			if len(attempts) != 20 || failed != 5 {
				t.Errorf("%d attempts on record, %d of them failures, want 20 and 5", len(attempts), failed)
			}
			s = s.restart(w)
		}
		if all := s.service.Endpoints(); len(all) != 1 || all[0].ID != other.ID {
			t.Errorf("after a restart there are %d webhooks", len(all))
		}
		if n := len(w.posts(urlA)) - had; n != 0 {
			t.Errorf("%d more posts after a restart", n)
		}
	})
}

// A worker may not have got round to starting when its webhook is removed.
func TestRemove_BeforeTheWorkerRunsSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(10, "face_matched")
		if err := s.service.Remove(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		s.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(w.posts(urlA)); n != 0 {
			t.Errorf("%d events were sent to a removed webhook", n)
		}
	})
}

// Results that come in at the moment of removal must not make room for more.
func TestRemovalComesBeforeEverythingElseThatHappens(t *testing.T) {
	t.Parallel()
	for range 10 { // which of the things that are ready comes first is random
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := startSite(t, t.TempDir(), w)
			e := s.register(urlA, "", "*")
			w.answers(urlA, always(answer{after: time.Second}))
			s.publishMany(100, "face_matched")
			synctest.Wait()
			// Keep the worker busy while the results and the removal come in.
			goOn := w.holdSenders()
			s.change(e.ID, Change{Secret: new("another secret")})
			time.Sleep(time.Minute)
			if err := s.service.Remove(t.Context(), e.ID); err != nil {
				t.Fatal(err)
			}
			goOn()
			time.Sleep(time.Minute)
			synctest.Wait()
			if n := len(w.posts(urlA)); n != delivery.DefaultInFlight {
				t.Errorf("%d more events were sent after the removal", n-delivery.DefaultInFlight)
			}
		})
	}
}

func TestRegister_StartsAWorkerWhileOthersRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		s.register(urlA, "", "*")
		s.publish("face_matched")
		synctest.Wait()
		s.register(urlB, "", "*")
		s.publish("face_matched")
		synctest.Wait()
		if a, b := w.delivered(urlA), w.delivered(urlB); len(a) != 2 || len(b) != 1 || b[2] != 1 {
			t.Errorf("the first got %v, the second %v", a, b)
		}
	})
}

func TestShutdownRightAfterARegistrationIsClean(t *testing.T) {
	t.Parallel()
	for range fullrun.Seeds(20, 4) {
		synctest.Test(t, func(t *testing.T) {
			s := openSite(t, t.TempDir(), newWorld())
			s.register(urlA, "", "*")
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.service.Run(ctx); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
}
