package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
)

// The same event may be asked for from several sides at once: by two replays,
// and by a person who wants just this one.
func TestReplay_OfAnEventThatIsResentAndReplayedAtOnce(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]func(post) answer{
		"receiver is slow": always(answer{after: 10 * time.Second}),
		"receiver fails at first": func(p post) answer {
			if p.nth <= 4 {
				return answer{status: 500, after: 10 * time.Second}
			}
			return answer{after: 10 * time.Second}
		},
		"receiver hangs at first": func(p post) answer {
			if p.nth <= 4 {
				return never
			}
			return answer{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.register(urlA, "", "*")
				published := s.publishMany(2, "face_matched")
				time.Sleep(time.Minute)
				synctest.Wait()
				had := len(w.posts(urlA))
				w.answers(urlA, func(p post) answer {
					p.nth--
					return behaviour(p)
				})
				for range 2 {
					if _, err := s.service.Replay(t.Context(), e.ID, ReplayRequest{}); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				if n := len(w.posts(urlA)) - had; n == 0 {
					t.Fatal("the replays don't send anything")
				}
				if err := s.service.Resend(t.Context(), e.ID, published[0].ID); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				status := s.service.Status(e.ID)
				if status.InFlight != 0 || status.Retrying != 0 || status.Exhausted != 0 || status.State != delivery.Active {
					t.Errorf("in the end the status is %+v", status)
				}
				if pending := s.pending(e.ID); len(pending) != 0 {
					t.Errorf("in the end the store has pending: %v", pending)
				}
				for _, seq := range seqs(published) {
					if n := w.delivered(urlA)[seq]; n < 2 {
						t.Errorf("event %d was delivered %d times, want once live and at least once more", seq, n)
					}
				}
				replays, err := s.service.Replays(t.Context(), e.ID)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range replays {
					if r.EndedAt.IsZero() {
						t.Errorf("replay %s is at %d and doesn't end", r.ID, r.Position)
					}
				}
			})
		})
	}
}

// A replay passes over events that are in flight, wait for a retry or are still
// to be sent: they are delivered after it was asked for all the same. Events that
// were delivered before are sent again.
func TestReplay_PassesOverEventsThatAreSentAnyway(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		live   func(post) answer // to the second event
		resend bool              // asks for it just before the replay
	}{
		"in flight": {live: always(answer{after: 10 * time.Second})},
		"in flight, and fails": {live: func(p post) answer {
			return answer{after: 10 * time.Second, status: map[bool]int{true: 500}[p.nth == 1]}
		}},
		"waiting for a retry": {live: func(p post) answer { return answer{status: map[bool]int{true: 500}[p.nth == 1]} }},
		"a resend that is in flight": {live: func(p post) answer {
			return answer{after: map[bool]time.Duration{true: 10 * time.Second}[p.nth == 2]}
		}, resend: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.register(urlA, "", "*")
				w.answers(urlA, func(p post) answer {
					if p.seq == 2 {
						return tc.live(p)
					}
					return answer{}
				})
				published := s.publishMany(2, "face_matched")
				rest(time.Second)
				if tc.resend {
					s.resend(e.ID, published[1].ID)
					synctest.Wait()
				}
				had := w.delivered(urlA)
				replay := s.replay(e.ID, ReplayRequest{})
				rest(time.Hour)
				for seq, want := range map[int64]int{1: 2, 2: had[2] + 1} {
					if n := w.delivered(urlA)[seq]; n != want {
						t.Errorf("event %d was delivered %d times, want %d", seq, n, want)
					}
				}
				if got := s.replayed(e.ID, replay.ID); got.Sent != 1 || got.EndedAt.IsZero() || got.Position != got.Through {
					t.Errorf("on record: %+v", got)
				}
			})
		})
	}
}
