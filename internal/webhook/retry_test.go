package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
)

// Two receivers of the tests on simulated time.
const (
	urlA = "http://a.example/hook"
	urlB = "http://b.example/hook"
)

// TestWorker_AttemptsADeliveryOnScheduleUntilExhausted runs one delivery through
// all of its two days, while others go by.
func TestWorker_AttemptsADeliveryOnScheduleUntilExhausted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		const seq = 1
		const took = 3 * time.Second
		w.answers(urlA, func(p post) answer {
			if p.seq == seq {
				return answer{status: 500, after: took}
			}
			return answer{}
		})
		s.publish("face_matched")
		for range 25 {
			time.Sleep(time.Hour)
			s.publish("face_detected") // keeps the endpoint from failing as a whole
		}
		synctest.Wait()

		var attempts []post
		for _, p := range w.posts(urlA) {
			if p.seq == seq {
				attempts = append(attempts, p)
			} else if p.nth != 1 {
				t.Errorf("event %d was delivered %d times", p.seq, p.nth)
			}
		}
		if len(attempts) != len(designedDelays)+1 {
			t.Fatalf("%d attempts, want %d", len(attempts), len(designedDelays)+1)
		}
		for i, want := range designedDelays {
			if waited := attempts[i+1].at.Sub(attempts[i].ended); !within(waited, want) {
				t.Errorf("attempt %d came %v after the failure before, want %v give or take a fifth", i+2, waited, want)
			}
			if attempts[i].id != attempts[i+1].id {
				t.Errorf("attempt %d has another event id", i+2)
			}
		}
		status := s.service.Status(e.ID)
		if status.Exhausted != 1 || status.Retrying != 0 || status.Failed != 9 || status.Delivered != 25 || status.State != delivery.Active {
			t.Errorf("the status is %+v", status)
		}
		if p := s.pending(e.ID)[seq]; p.Attempts != 9 || !p.Due.IsZero() {
			t.Errorf("the store has %+v", p)
		}
		failed, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{AttemptFilter: delivery.AttemptFilter{Outcome: delivery.OutcomeFailed}})
		if err != nil || len(failed.Attempts) != 9 {
			t.Fatalf("%d failed attempts on record: %v", len(failed.Attempts), err)
		}
		for i, a := range failed.Attempts {
			if a.Number != 9-i || a.Status != 500 || a.Class != delivery.ClassStatus || a.Duration != took {
				t.Errorf("on record: %+v", a)
			}
		}

		// Exhausted is kept, visible, and not tried again, also after a
		// restart.
		s = s.restart(w)
		w.answers(urlA, nil)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		status = s.service.Status(e.ID)
		if status.Exhausted != 1 || status.Failed != 9 || status.Delivered != 25 {
			t.Errorf("after a restart the status is %+v", status)
		}
		if n := len(w.posts(urlA)); n != 34 {
			t.Errorf("%d posts in all, want 34", n)
		}
	})
}

func TestRetryThatSucceedsEndsTheMatter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.nth <= 2 {
				return answer{class: delivery.ClassConnect}
			}
			return answer{}
		})
		s.publishMany(3, "face_matched")
		time.Sleep(time.Second)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.Retrying != 3 || len(s.pending(e.ID)) != 3 || status.InFlight != 0 {
			t.Errorf("after the first failures: %+v", status)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.Retrying != 0 || status.Failed != 6 || status.Delivered != 3 || status.Behind != 0 {
			t.Errorf("the status is %+v", status)
		}
		if pending := s.pending(e.ID); len(pending) != 0 {
			t.Errorf("still pending: %v", pending)
		}
		if kept := s.kept(e.ID); kept.Cursor != 3 || kept.Delivered != 3 || kept.Failed != 6 {
			t.Errorf("the store has %+v", kept)
		}
		if n := len(w.posts(urlA)); n != 9 {
			t.Errorf("%d posts, want 9", n)
		}
	})
}

// A wait that was under way when Postern stopped goes on from where it was.
func TestRetriesKeepTheirTimeAcrossARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, status(500))
		s.publish("face_matched")
		time.Sleep(time.Hour) // six failures; the next attempt is due in two hours
		synctest.Wait()
		before := s.pending(e.ID)[1]
		if before.Attempts != 6 {
			t.Fatalf("the store has %+v", before)
		}
		s.stop()
		time.Sleep(10 * time.Minute)
		s = startSite(t, s.dir, w)
		synctest.Wait()
		if after := s.pending(e.ID)[1]; after != before {
			t.Errorf("a restart turned %+v into %+v", before, after)
		}
		if n := len(w.posts(urlA)); n != 6 {
			t.Errorf("%d posts before the time had come, want 6", n)
		}
		w.answers(urlA, nil)
		time.Sleep(time.Until(before.Due) - time.Millisecond)
		synctest.Wait()
		if n := len(w.posts(urlA)); n != 6 {
			t.Errorf("%d posts before the time had come, want 6", n)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := len(w.posts(urlA)); n != 7 {
			t.Errorf("%d posts once the time had come, want 7", n)
		}
	})
}

// A time that went by while Postern was down is made up for at once.
func TestOverdueRetriesComeFirstAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, status(500))
		s.publishMany(2, "face_matched")
		time.Sleep(time.Minute)
		s.stop()
		w.answers(urlA, nil)
		time.Sleep(24 * time.Hour)
		had := len(w.posts(urlA))
		s = startSite(t, s.dir, w)
		started := time.Now()
		s.publish("face_matched")
		synctest.Wait()
		for i, p := range w.posts(urlA)[had:] {
			if !p.at.Equal(started) || p.status != 200 {
				t.Errorf("post %d came %v after the start", i, p.at.Sub(started))
			}
		}
		if n := len(w.posts(urlA)) - had; n != 3 {
			t.Errorf("%d posts after the start, want 3", n)
		}
		if status := s.service.Status(e.ID); status.Retrying != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}
