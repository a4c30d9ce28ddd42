package webhook

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
)

func TestNoMoreThanTheMostAreInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.nth == 1 && p.seq%5 == 0 {
				return answer{after: 300 * time.Millisecond, status: 500} // so that retries join in
			}
			return answer{after: 100 * time.Millisecond}
		})
		started := time.Now()
		s.publishMany(500, "face_matched")
		synctest.Wait()
		if status := s.service.Status(e.ID); status.InFlight != delivery.DefaultInFlight || status.Behind == 0 {
			t.Errorf("under way the status is %+v", status)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if most := w.most(urlA); most != delivery.DefaultInFlight {
			t.Errorf("%d were in flight at once, want %d", most, delivery.DefaultInFlight)
		}
		if n := len(w.delivered(urlA)); n != 500 {
			t.Errorf("%d events delivered, want 500", n)
		}
		// All the room there is gets used: 500 first attempts at 100 ms each,
		// a fifth of them at 300 ms, 32 at a time.
		var last time.Time
		for _, p := range w.posts(urlA) {
			if p.nth == 1 && p.ended.After(last) {
				last = p.ended
			}
		}
		if took := last.Sub(started); took > 3*time.Second {
			t.Errorf("the first attempts took %v", took)
		}
	})
}

// p95 returns the delay that 95 of 100 posts stay within, from when each
// event was received.
func (s *site) p95(w *world, url string) time.Duration {
	s.t.Helper()
	var delays []time.Duration
	for _, p := range w.posts(url) {
		e, err := s.hub.At(s.t.Context(), p.seq)
		if err != nil {
			s.t.Fatal(err)
		}
		delays = append(delays, p.at.Sub(e.Received))
	}
	slices.Sort(delays)
	return delays[len(delays)*95/100]
}

// One dead or slow receiver must not delay another. Time is simulated, so
// that a delay of any length at all shows.
func TestHangingEndpointDelaysNoOther(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]func(post) answer{
		"hangs":   always(never),
		"refuses": always(answer{class: delivery.ClassConnect}),
		"is slow": always(answer{after: 10 * time.Second}),
		"flaps": func(p post) answer {
			if p.nth == 1 {
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
				for i := range 3 {
					url := fmt.Sprintf("http://%d.example/", i)
					w.answers(url, behaviour)
					s.register(url, "", "*")
				}
				w.answers(urlB, always(answer{after: 5 * time.Millisecond}))
				e := s.register(urlB, "", "*")
				for range 60 {
					s.publishMany(5, "face_matched")
					time.Sleep(time.Second)
				}
				synctest.Wait()
				if status := s.service.Status(e.ID); status.Delivered != 300 || status.Failed != 0 || status.Behind != 0 {
					t.Errorf("the neighbour's status is %+v", status)
				}
				if p95 := s.p95(w, urlB); p95 > 0 {
					t.Errorf("the neighbour's events wait %v", p95)
				}
				if cursor := s.kept(e.ID).Cursor; cursor < 295 {
					t.Errorf("the neighbour's cursor is at %d", cursor)
				}
			})
		})
	}
}

// A request that takes long has a row of its own before long, so that the
// cursor goes on and a crash repeats one delivery instead of many.
func TestStragglerDoesNotHoldTheCursorBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.seq == 3 {
				return answer{after: 14 * time.Second}
			}
			return answer{}
		})
		s.publishMany(200, "face_matched")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if kept := s.kept(e.ID); kept.Cursor != 200 || kept.Delivered != 199 {
			t.Errorf("the store has the cursor at %d and %d delivered, want 200 and 199", kept.Cursor, kept.Delivered)
		}
		if pending := s.pending(e.ID); len(pending) != 1 || pending[3].Attempts != 0 {
			t.Errorf("the store has %v pending, want event 3", pending)
		}
		crashed := t.TempDir()
		copyFolder(t, s.dir, crashed)

		time.Sleep(10 * time.Second)
		synctest.Wait()
		if pending := s.pending(e.ID); len(pending) != 0 {
			t.Errorf("once it has arrived, %v is pending", pending)
		}
		if status := s.service.Status(e.ID); status.Delivered != 200 || status.Retrying != 0 {
			t.Errorf("the status is %+v", status)
		}
		s.stop()

		after := newWorld()
		startSite(t, crashed, after)
		time.Sleep(time.Minute)
		synctest.Wait()
		if posts := after.posts(urlA); len(posts) != 1 || posts[0].seq != 3 {
			t.Errorf("after a crash %d events came again, want the one that was under way", len(posts))
		}
	})
}

// A cursor that stays behind events that aren't for its endpoint would read
// them all again after each start, and hold nothing else.
func TestWorker_MovesItsCursorOverEventsThatDoNotMatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "system_error")
		for range 20 {
			s.publishMany(10, "face_detected")
			synctest.Wait()
			if status := s.service.Status(e.ID); status.Behind != 0 {
				t.Errorf("the endpoint is %d behind with events that aren't for it", status.Behind)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2 * worker.IdleTick)
		synctest.Wait()
		if kept := s.kept(e.ID); kept.Cursor != 200 {
			t.Errorf("the cursor is at %d, want 200", kept.Cursor)
		}
		if status := s.service.Status(e.ID); status.Behind != 0 || status.Cursor != 200 {
			t.Errorf("the status is %+v", status)
		}
		if n := len(w.posts(urlA)); n != 0 {
			t.Errorf("%d events were sent", n)
		}
		s.publish("system_error")
		synctest.Wait()
		if n := len(w.posts(urlA)); n != 1 {
			t.Errorf("%d events were sent, want 1", n)
		}
	})
}
