package webhook

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
)

func (s *site) resend(id, eventID string) {
	s.t.Helper()
	if err := s.service.Resend(s.t.Context(), id, eventID); err != nil {
		s.t.Fatal(err)
	}
}

func TestOneEventIsSentAgainOnRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		types  []string
		answer func(p post) answer
		after  time.Duration // from the event to the request
		posts  int           // in all
		flags  int           // of these as a replay
	}{
		"delivered before": {answer: nil, after: time.Minute, posts: 2, flags: 1},
		"not for it":       {types: []string{"system_error"}, after: time.Minute, posts: 1, flags: 1},
		"waiting for an attempt": {answer: func(p post) answer {
			return answer{status: map[bool]int{true: 500}[p.nth == 1]}
		}, after: time.Second, posts: 2},
		"in flight": {answer: always(answer{after: 10 * time.Second}), after: time.Second, posts: 1},
		"exhausted": {answer: func(p post) answer { return answer{status: map[bool]int{true: 422}[p.nth <= 9]} },
			after: 3 * 24 * time.Hour, posts: 10, flags: 1},
		"exhausted, and fails again": {answer: func(p post) answer { return answer{status: map[bool]int{true: 422}[p.nth <= 11]} },
			after: 3 * 24 * time.Hour, posts: 12, flags: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				if tc.types == nil {
					tc.types = []string{"*"}
				}
				e := s.register(urlA, "", tc.types...)
				w.answers(urlA, tc.answer)
				published := s.publish("face_matched")[0]
				rest(tc.after)
				asked := time.Now()
				s.resend(e.ID, published.ID)
				rest(time.Hour)
				posts, flags := w.posts(urlA), 0
				for _, p := range posts {
					if p.id != published.ID {
						t.Errorf("sent as %s, want %s", p.id, published.ID)
					}
					if p.replay {
						flags++
					}
				}
				if len(posts) != tc.posts || flags != tc.flags || posts[len(posts)-1].status != 200 {
					t.Errorf("%d posts, %d of them as replays, want %d and %d", len(posts), flags, tc.posts, tc.flags)
				}
				if p := posts[len(posts)-1]; tc.flags <= 1 && name != "in flight" && p.at.Sub(asked) > time.Second {
					t.Errorf("it was sent %v after it was asked for", p.at.Sub(asked))
				}
				status := s.service.Status(e.ID)
				if status.Exhausted != 0 || status.Retrying != 0 || status.Behind != 0 || len(s.pending(e.ID)) != 0 {
					t.Errorf("the status is %+v, pending %v", status, s.pending(e.ID))
				}
				newest := s.attempts(e.ID)[0]
				if newest.Replay != (tc.flags > 0) || newest.EventID != published.ID {
					t.Errorf("on record: %+v", newest)
				}
			})
		})
	}
}

// Once the request is answered, neither a crash nor a pause loses it.
func TestResend_IsNotLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		published := s.publishMany(3, "face_matched")
		rest(time.Minute)
		s.pause(e.ID)
		s.resend(e.ID, published[1].ID)
		rest(time.Hour)
		if n := len(w.posts(urlA)); n != 3 {
			t.Errorf("%d posts while paused, want 3", n)
		}
		w.answers(urlA, always(never)) // before the worker may send: an answered one rightly isn't sent again
		s.resume(e.ID, SendWaiting)
		synctest.Wait()
		s.resend(e.ID, published[0].ID)
		crashed := t.TempDir()
		copyFolder(t, s.dir, crashed)
		s.stop()
		after := newWorld()
		startSite(t, crashed, after)
		rest(time.Minute)
		posts := after.posts(urlA)
		got := make(map[int64]bool)
		for _, p := range posts {
			got[p.seq] = p.replay
		}
		if len(posts) != 2 || !got[published[0].Seq] || !got[published[1].Seq] {
			t.Errorf("after a crash %v was sent", posts)
		}
	})
}

func TestResend_SendsAllExhaustedEventsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer { return answer{status: map[bool]int{true: 422}[p.seq <= 5]} })
		s.publishMany(5, "face_matched")
		for i := range 200 {
			s.publish("face_detected") // keeps the endpoint from failing as a whole
			switch {
			case i < 60:
				rest(time.Second)
			case i < 120:
				rest(30 * time.Second)
			default:
				rest(30 * time.Minute)
			}
		}
		if status := s.service.Status(e.ID); status.Exhausted != 5 {
			t.Fatalf("the status is %+v", status)
		}
		s = s.restart(w)
		synctest.Wait()
		w.answers(urlA, nil)
		had := len(w.posts(urlA))
		for _, want := range []int{5, 0} {
			n, err := s.service.ResendExhausted(t.Context(), e.ID)
			if err != nil || n != want {
				t.Errorf("%d are sent again, %v, want %d", n, err, want)
			}
		}
		rest(time.Minute)
		for _, p := range w.posts(urlA)[had:] {
			if p.seq > 5 || !p.replay {
				t.Errorf("sent again: %+v", p)
			}
		}
		if n := len(w.posts(urlA)) - had; n != 5 {
			t.Errorf("%d posts, want 5", n)
		}
		if status := s.service.Status(e.ID); status.Exhausted != 0 || status.Retrying != 0 || len(s.pending(e.ID)) != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestEventsThatCannotBeSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		published := s.publish("face_matched")[0]
		rest(time.Minute)
		if err := s.service.Resend(t.Context(), e.ID, "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210"); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("an unknown event: %v", err)
		}
		if err := s.service.Resend(t.Context(), "wh_000000000000", published.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("an unknown webhook: %v", err)
		}
		if _, err := s.service.ResendExhausted(t.Context(), "wh_000000000000"); !errors.Is(err, ErrNotFound) {
			t.Errorf("an unknown webhook: %v", err)
		}
		accept := s.refuseSettlements()
		if err := s.service.Resend(t.Context(), e.ID, published.ID); err == nil {
			t.Error("a store that refuses isn't told")
		}
		accept()
		rest(time.Minute)
		s.stopWorkers()
		if err := s.service.Resend(t.Context(), e.ID, published.ID); !errors.Is(err, worker.ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// The log still has what was asked for ahead of its turn.
func TestResend_BeforeItsTurnSendsAnEventOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{InFlight: 2})
		w.answers(urlA, always(answer{after: 10 * time.Second}))
		published := s.publishMany(20, "face_matched")
		synctest.Wait()
		s.resend(e.ID, published[15].ID)
		s.resend(e.ID, published[15].ID)
		rest(time.Hour)
		w.deliveredOnce(t, urlA, 1, 20)
		for i, p := range w.posts(urlA) { // two at a time
			if p.seq == 16 && (i > 3 || !p.replay) {
				t.Errorf("what was asked for came as post %d: %+v", i+1, p)
			}
		}
	})
}

// Should it fail, it holds back what follows, and not what stands before it.
func TestResend_OfAnOrderedWebhookComesInItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Ordered: true})
		w.answers(urlA, func(p post) answer {
			if p.seq == 10 {
				return answer{status: 422}
			}
			return answer{after: 10 * time.Second}
		})
		published := s.publishMany(20, "face_matched")
		synctest.Wait()
		s.resend(e.ID, published[9].ID)
		rest(2 * time.Hour)
		var got []int64
		for seq := range w.delivered(urlA) {
			got = append(got, seq)
		}
		slices.Sort(got)
		if !slices.Equal(got, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("delivered %v, want all before the one that is refused", got)
		}
	})
}
