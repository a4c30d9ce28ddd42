package webhook

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
)

// registerWith registers a webhook with settings that must be acceptable.
func (s *site) registerWith(url string, settings delivery.Settings, types ...string) *delivery.Endpoint {
	s.t.Helper()
	if len(types) == 0 {
		types = []string{"*"}
	}
	e, _, err := s.service.Register(s.t.Context(), Registration{URL: url, EventTypes: types, Settings: settings})
	if err != nil {
		s.t.Fatalf("register %s: %v", url, err)
	}
	return e
}

func (s *site) pause(id string) {
	s.t.Helper()
	if err := s.service.Pause(s.t.Context(), id); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) resume(id string, how Resume) {
	s.t.Helper()
	if err := s.service.Resume(s.t.Context(), id, how); err != nil {
		s.t.Fatal(err)
	}
}

// states returns an endpoint's changes of state on record, oldest first.
func (s *site) states(id string) []delivery.StateChange {
	s.t.Helper()
	changes, err := s.service.StateChanges(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, k := 0, len(changes)-1; i < k; i, k = i+1, k-1 {
		changes[i], changes[k] = changes[k], changes[i]
	}
	return changes
}

// rest lets time go by and everything come to rest.
func rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// deliveredOnce complains of each of the events that a receiver hasn't got
// exactly once.
func (w *world) deliveredOnce(t *testing.T, url string, from, to int64) {
	t.Helper()
	got := w.delivered(url)
	for seq := from; seq <= to; seq++ {
		if got[seq] != 1 {
			t.Errorf("event %d was delivered %d times, want once", seq, got[seq])
		}
	}
}

// failingFor makes the store say that an endpoint has been failing for some
// time, as it would if that time had gone by.
func (s *site) failingFor(id string, d time.Duration) {
	s.t.Helper()
	since := time.Now().Add(-d).UnixMicro()
	execute(s.t, s.dir, fmt.Sprintf("UPDATE endpoints SET failing_since = %d, state_at = %d WHERE id = '%s' AND state = 'failing'",
		since, since, id))
}

func TestFiveDaysOfFailingDisable(t *testing.T) {
	t.Parallel()
	for how, name := range map[Resume]string{SendWaiting: "send what waited", FromNow: "from now"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.register(urlA, "", "*")
				s.fail(w, urlA, e.ID)
				s.publishMany(20, "face_matched")
				if how == FromNow { // one whole run is enough
					s.stop()
					s.failingFor(e.ID, worker.DisableAfter-2*time.Hour)
					s = startSite(t, s.dir, w)
				} else {
					rest(worker.DisableAfter - 2*time.Hour)
				}
				rest(time.Hour)
				if status := s.service.Status(e.ID); status.State != delivery.Failing {
					t.Fatalf("an hour before the five days are over the status is %+v", status)
				}
				rest(2 * time.Hour)
				got := s.service.Status(e.ID)
				if got.State != delivery.Disabled || !strings.Contains(got.StateCause, "five days") || !got.FailingSince.IsZero() ||
					!got.NextProbe.IsZero() {
					t.Fatalf("after five days the status is %+v", got)
				}
				// Nothing is sent any more, also after a restart.
				w.answers(urlA, nil)
				had := len(w.posts(urlA))
				for range 2 {
					s.publishMany(5, "face_matched")
					rest(time.Hour)
					if n := len(w.posts(urlA)) - had; n != 0 {
						t.Errorf("%d posts to a disabled webhook", n)
					}
					s = s.restart(w)
				}
				after := s.service.Status(e.ID)
				if after.State != delivery.Disabled || after.StateCause != got.StateCause || after.StateAt.Sub(got.StateAt).Abs() > time.Microsecond {
					t.Errorf("after a restart the status is %+v, was %+v", after, got)
				}
				synctest.Wait()

				s.resume(e.ID, how)
				s.publishMany(2, "face_matched")
				rest(time.Minute)
				const waited = worker.FailingAfter + 20 + 2*5
				status := s.service.Status(e.ID)
				if status.State != delivery.Active || status.Retrying != 0 || status.Behind != 0 {
					t.Errorf("once resumed the status is %+v", status)
				}
				if how == SendWaiting {
					w.deliveredOnce(t, urlA, 1, waited+2)
					if status.Skipped != 0 {
						t.Errorf("%d are skipped", status.Skipped)
					}
				} else {
					w.deliveredOnce(t, urlA, waited+1, waited+2)
					if n := len(w.delivered(urlA)); n != 2 || status.Skipped != waited {
						t.Errorf("%d events delivered, %d skipped, want 2 and %d", n, status.Skipped, waited)
					}
				}
				if pending := s.pending(e.ID); len(pending) != 0 {
					t.Errorf("still pending: %v", pending)
				}
			})
		})
	}
}

func TestWorker_Status410DisablesAtOnceAndSpendsNoAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer { // all of the first are in flight together
			switch {
			case p.seq <= 3:
				return answer{status: 410, after: time.Duration(p.seq) * time.Second}
			case p.seq == 4:
				return answer{status: 500, after: 4 * time.Second}
			default:
				return answer{after: 5 * time.Second}
			}
		})
		s.publishMany(100, "face_matched")
		rest(1500 * time.Millisecond)
		if status := s.service.Status(e.ID); status.State != delivery.Disabled || !strings.Contains(status.StateCause, "410") {
			t.Fatalf("after the first 410 the status is %+v", status)
		}
		rest(time.Hour)
		// Requests that were open at that response finish.
		if n := len(w.posts(urlA)); n != delivery.DefaultInFlight {
			t.Errorf("%d posts, want the %d that were under way", n, delivery.DefaultInFlight)
		}
		pending := s.pending(e.ID)
		for seq := int64(1); seq <= 4; seq++ {
			if p, ok := pending[seq]; !ok || p.Attempts != 0 || p.Due.IsZero() {
				t.Errorf("event %d is pending %v as %+v, want with no attempts spent", seq, ok, p)
			}
		}
		if changes := s.states(e.ID); len(changes) != 1 || changes[0].State != delivery.Disabled || !strings.Contains(changes[0].Cause, "410") {
			t.Errorf("on record: %v", changes)
		}

		s = s.restart(w)
		rest(time.Hour)
		if n := len(w.posts(urlA)); n != delivery.DefaultInFlight {
			t.Errorf("a restart sent %d events to a disabled webhook", n-delivery.DefaultInFlight)
		}
		w.answers(urlA, nil)
		s.resume(e.ID, SendWaiting)
		rest(time.Minute)
		w.deliveredOnce(t, urlA, 1, 100)
	})
}

// A probe may be answered 410 as well.
func TestGoneDisablesAFailingWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		w.answers(urlA, status(410))
		rest(time.Minute)
		if status := s.service.Status(e.ID); status.State != delivery.Disabled || !strings.Contains(status.StateCause, "410") {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestPausedWebhookIsSentNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	for how, name := range map[Resume]string{SendWaiting: "send what waited", FromNow: "from now"} {
		for _, restarts := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					s := startSite(t, t.TempDir(), w)
					e := s.register(urlA, "", "*")
					w.answers(urlA, func(p post) answer {
						switch {
						case p.seq == 1: // exhausted before anything else happens
							return answer{status: 422}
						case p.seq <= 4:
							return answer{status: 500}
						default:
							return answer{after: 10 * time.Second}
						}
					})
					s.publish("face_matched")
					rest(3 * 24 * time.Hour)
					if status := s.service.Status(e.ID); status.Exhausted != 1 {
						t.Fatalf("the status is %+v", status)
					}
					s.publishMany(9, "face_matched") // three fail, six are under way
					rest(time.Second)
					s.pause(e.ID)
					had := len(w.posts(urlA))
					for range 3 {
						s.publishMany(5, "face_matched")
						rest(time.Hour)
						if restarts {
							s = s.restart(w)
							rest(10 * time.Second)
						}
					}
					got := s.service.Status(e.ID)
					if n := len(w.posts(urlA)) - had; n != 0 {
						t.Errorf("%d posts to a paused webhook", n)
					}
					if got.State != delivery.Paused || got.Cursor != 10 || got.Behind != 15 || got.Retrying != 3 || got.Delivered != 6 ||
						got.InFlight != 0 {
						t.Errorf("while paused the status is %+v, want six to have finished and the cursor to stay at 10", got)
					}
					if kept := s.kept(e.ID); kept.Cursor != 10 || kept.State != delivery.Paused || kept.StateCause == "" {
						t.Errorf("the store has %+v", kept)
					}

					w.answers(urlA, nil)
					s.resume(e.ID, how)
					s.publish("face_matched")
					rest(time.Minute)
					got = s.service.Status(e.ID)
					if how == SendWaiting {
						w.deliveredOnce(t, urlA, 2, 26)
						if got.Skipped != 0 {
							t.Errorf("%d skipped", got.Skipped)
						}
					} else {
						w.deliveredOnce(t, urlA, 5, 10)
						w.deliveredOnce(t, urlA, 26, 26)
						if n := len(w.delivered(urlA)); n != 7 || got.Skipped != 3+15 {
							t.Errorf("%d events delivered, %d skipped, want 7 and 18", n, got.Skipped)
						}
					}
					if got.State != delivery.Active || got.Exhausted != 1 || got.Retrying != 0 || got.Behind != 0 {
						t.Errorf("once resumed the status is %+v", got)
					}
					if pending := s.pending(e.ID); len(pending) != 1 || !pending[1].Due.IsZero() {
						t.Errorf("the store has %v pending, want what is exhausted", pending)
					}
					s = s.restart(w)
					rest(time.Minute)
					if after := s.service.Status(e.ID); after.Skipped != got.Skipped || after.State != delivery.Active || after.Exhausted != 1 {
						t.Errorf("after a restart the status is %+v, was %+v", after, got)
					}
				})
			})
		}
	}
}

// Deliveries that a person drops must not come back from a settlement on its way
// to the store.
func TestSkip_HoldsAcrossARestart(t *testing.T) {
	t.Parallel()
	for _, wait := range []time.Duration{0, time.Millisecond, 49 * time.Millisecond, 51 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := startSite(t, t.TempDir(), w)
			e := s.register(urlA, "", "*")
			synctest.Wait()
			w.answers(urlA, status(500))
			s.publishMany(5, "face_matched")
			rest(wait) // the failures are on their way to the store
			s.resume(e.ID, FromNow)
			rest(time.Second)
			if pending := s.pending(e.ID); len(pending) != 0 {
				t.Errorf("%v after the failures the store still has %v", wait, pending)
			}
			s.restart(w)
			had := len(w.posts(urlA))
			rest(time.Hour)
			if n := len(w.posts(urlA)) - had; n != 0 {
				t.Errorf("%v after the failures: what was dropped was sent %d times", wait, n)
			}
		})
	}
}

// A person's word counts, whatever the worker is about to find.
func TestState_APersonsChoiceWinsOverTheWorkers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do   func(s *site, id string)
		want delivery.State
	}{
		"pause":           {func(s *site, id string) { s.pause(id) }, delivery.Paused},
		"resume":          {func(s *site, id string) { s.resume(id, SendWaiting) }, delivery.Active},
		"pause, resume":   {func(s *site, id string) { s.pause(id); s.resume(id, SendWaiting) }, delivery.Active},
		"resume from now": {func(s *site, id string) { s.resume(id, FromNow) }, delivery.Active},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, wait := range []time.Duration{0, time.Millisecond, 60 * time.Millisecond, time.Minute} {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					s := startSite(t, t.TempDir(), w)
					e := s.register(urlA, "", "*")
					synctest.Wait()
					w.answers(urlA, always(answer{class: delivery.ClassConnect}))
					s.publishMany(worker.FailingAfter, "face_matched")
					rest(wait) // the worker has just found that it fails
					if status := s.service.Status(e.ID); status.State != delivery.Failing {
						t.Fatalf("the status is %+v", status)
					}
					w.answers(urlA, nil)
					tc.do(s, e.ID)
					rest(time.Second)
					for range 2 {
						status, kept := s.service.Status(e.ID), s.kept(e.ID)
						if status.State != tc.want || kept.State != tc.want || !status.FailingSince.IsZero() || !status.NextProbe.IsZero() ||
							strings.HasPrefix(kept.StateCause, "The last 4 attempts") {
							t.Errorf("%v after it was found failing the store says %s (%s) and the status is %+v, want %s", wait, kept.State, kept.StateCause,
								status, tc.want)
						}
						s = s.restart(w)
						rest(time.Second)
					}
				})
			}
		})
	}
}

// A probe that was under way when a person paused changes nothing.
func TestProbeUnderWayDoesNotEndAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		w.answers(urlA, always(answer{after: 10 * time.Second}))
		for s.service.Status(e.ID).InFlight == 0 {
			rest(time.Second)
		}
		s.pause(e.ID)
		rest(time.Hour)
		status := s.service.Status(e.ID)
		if status.State != delivery.Paused || status.Delivered != 1 || status.Retrying != worker.FailingAfter-1 {
			t.Errorf("the status is %+v", status)
		}
		if n := len(w.delivered(urlA)); n != 1 {
			t.Errorf("%d events were delivered, want the probe", n)
		}
	})
}
