package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
)

// A receiver's Retry-After counts if it is longer than the schedule.
func TestRetryAfterIsHonouredBetweenTheScheduleAndAnHour(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{
		0: 0, time.Second: 0, time.Minute: time.Minute, time.Hour: time.Hour, // zero: the schedule's 5 s
	} {
		for _, code := range []int{429, 503, 500, 404} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				s.register(urlA, "", "*")
				w.answers(urlA, func(p post) answer {
					if p.seq == 1 && p.nth == 1 {
						return answer{status: code, retry: asked}
					}
					return answer{}
				})
				s.publish("face_matched")
				synctest.Wait()
				s.publish("face_matched")
				rest(asked + time.Minute)
				posts := w.posts(urlA)
				if len(posts) != 3 {
					t.Fatalf("%d posts", len(posts))
				}
				var retry, next time.Duration
				for _, p := range posts[1:] {
					if p.seq == 1 {
						retry = p.at.Sub(posts[0].ended)
					} else {
						next = p.at.Sub(posts[0].ended)
					}
				}
				if want == 0 && !within(retry, worker.RetryDelays[0]) || want > 0 && retry != want {
					t.Errorf("%d asking for %v: tried again after %v", code, asked, retry)
				}
				// Only 429 and 503 are about the receiver as a whole.
				var pause time.Duration
				if code == 429 || code == 503 {
					pause = max(asked, worker.SlowDownFor)
				}
				if next != pause {
					t.Errorf("%d asking for %v: the next event was sent after %v, want %v", code, asked, next, pause)
				}
			})
		}
	}
}

// A receiver that has told all requests in flight at once that it is too busy
// has said it once, however long each answer took.
func TestSlowDown_HalvesTheRequestsInFlightAndRecovers(t *testing.T) {
	t.Parallel()
	for name, spread := range map[string]time.Duration{"at once": 0, "one after the other": 300 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.register(urlA, "", "*")
				// Every sixth, so that the endpoint as a whole isn't failing.
				w.answers(urlA, func(p post) answer {
					took := time.Second + time.Duration(p.seq)*spread
					if p.seq <= delivery.DefaultInFlight && p.nth == 1 && p.seq%6 == 1 {
						return answer{status: 429, after: took}
					}
					return answer{after: time.Second}
				})
				s.publishMany(delivery.DefaultInFlight, "face_matched")
				rest(30 * time.Second)
				s.publishMany(2000, "face_matched")
				synctest.Wait()
				if n := s.service.Status(e.ID).InFlight; n < delivery.DefaultInFlight/2 || n > delivery.DefaultInFlight/2+4 {
					t.Errorf("%d requests are in flight after six refusals, want about %d", n, delivery.DefaultInFlight/2)
				}
				rest(3 * time.Minute)
				s.publishMany(2*delivery.DefaultInFlight, "face_matched")
				synctest.Wait()
				if n := s.service.Status(e.ID).InFlight; n != delivery.DefaultInFlight {
					t.Errorf("%d requests are in flight after 2000 successes, want %d", n, delivery.DefaultInFlight)
				}
				rest(time.Minute)
				if status := s.service.Status(e.ID); status.Delivered != 2000+3*delivery.DefaultInFlight || status.State != delivery.Active {
					t.Errorf("the status is %+v", status)
				}
			})
		})
	}
}

// A pause that the receiver asked for doesn't end because somebody changed
// something else.
func TestSlowDown_RetryAfterOutlastsAChange(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change Change
		url    string
		want   time.Duration
	}{
		"secret":   {Change{Secret: new("another secret")}, urlA, 10 * time.Minute},
		"settings": {Change{Settings: ReplaceSettings(delivery.Settings{InFlight: 5})}, urlA, 10 * time.Minute},
		"url":      {Change{URL: new(urlB)}, urlB, time.Minute}, // is another receiver
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.register(urlA, "", "*")
				w.answers(urlA, always(answer{status: 503, retry: 10 * time.Minute}))
				s.publish("face_matched")
				synctest.Wait()
				told := time.Now()
				w.answers(urlA, nil)
				rest(time.Minute)
				s.change(e.ID, tc.change)
				second := s.publish("face_matched")[0].Seq
				rest(time.Hour)
				for _, p := range w.posts(tc.url) {
					if p.seq == second && p.at.Sub(told) != tc.want {
						t.Errorf("the next event was sent %v after the receiver asked for ten minutes", p.at.Sub(told))
					}
				}
				if n := w.delivered(tc.url)[second]; n != 1 {
					t.Errorf("the next event was delivered %d times", n)
				}
			})
		})
	}
}
