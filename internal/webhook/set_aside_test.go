package webhook

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
)

// order returns the events that a receiver accepted, in order.
func (w *world) order(url string) (taken []int64) {
	for _, p := range w.posts(url) {
		if p.status == 200 {
			taken = append(taken, p.seq)
		}
	}
	return taken
}

func TestService_SetAside(t *testing.T) {
	t.Parallel()
	refuseThird := func(p post) answer {
		if p.seq == 3 {
			return answer{status: 422}
		}
		return answer{}
	}
	begin := func(t *testing.T, settings delivery.Settings) (*site, *world, *delivery.Endpoint, []*event.Event) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, settings)
		w.answers(urlA, refuseThird)
		return s, w, e, s.publishMany(10, "face_matched")
	}

	t.Run("an ordered webhook goes on after the event", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, w, e, events := begin(t, delivery.Settings{Ordered: true})
			rest(time.Minute)
			status := s.service.Status(e.ID)
			if status.State != delivery.Failing || status.Blocking != events[2].ID || status.Behind != 7 {
				t.Fatalf("behind a refused event the status is %+v", status)
			}
			rest(24 * time.Hour) // it blocks, as is the default
			if got := w.order(urlA); len(got) != 2 {
				t.Fatalf("behind the refused event %v were delivered", got)
			}
			if err := s.service.SetAside(t.Context(), e.ID, events[2].ID); err != nil {
				t.Fatal(err)
			}
			rest(time.Second)
			want := []int64{1, 2, 4, 5, 6, 7, 8, 9, 10}
			if got := w.order(urlA); len(got) != len(want) || got[2] != 4 {
				t.Errorf("delivered %v, want %v", got, want)
			}
			check := func() {
				t.Helper()
				if status := s.service.Status(e.ID); status.State != delivery.Active || status.Blocking != "" || status.Exhausted != 1 ||
					status.Retrying != 0 {
					t.Errorf("afterwards the status is %+v", status)
				}
			}
			check()
			s = s.restart(w)
			rest(time.Minute)
			check()
			w.answers(urlA, nil)
			if err := s.service.Resend(t.Context(), e.ID, events[2].ID); err != nil {
				t.Fatal(err)
			}
			rest(time.Second)
			if n := w.delivered(urlA)[3]; n != 1 {
				t.Errorf("the event that was set aside was delivered %d times on request", n)
			}
		})
	})

	t.Run("while it is in flight", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, w, e, events := begin(t, delivery.Settings{Ordered: true})
			rest(time.Minute)
			w.answers(urlA, func(p post) answer {
				a := refuseThird(p)
				a.after = 10 * time.Second
				return a
			})
			for s.service.Status(e.ID).InFlight == 0 {
				rest(time.Second)
			}
			if err := s.service.SetAside(t.Context(), e.ID, events[2].ID); err != nil {
				t.Fatal(err)
			}
			w.answers(urlA, refuseThird)
			rest(time.Minute)
			if status := s.service.Status(e.ID); status.State != delivery.Active || status.Delivered != 9 || status.Exhausted != 1 {
				t.Errorf("the status is %+v", status)
			}
		})
	})

	t.Run("of a webhook that isn't ordered", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, _, e, events := begin(t, delivery.Settings{})
			rest(time.Minute)
			if err := s.service.SetAside(t.Context(), e.ID, events[2].ID); err != nil {
				t.Fatal(err)
			}
			rest(time.Minute)
			if status := s.service.Status(e.ID); status.Retrying != 0 || status.Exhausted != 1 {
				t.Errorf("the status is %+v", status)
			}
		})
	})

	t.Run("of an event that doesn't wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, _, e, events := begin(t, delivery.Settings{})
			rest(time.Second)
			if err := s.service.SetAside(t.Context(), e.ID, events[0].ID); !errors.Is(err, worker.ErrNotWaiting) {
				t.Errorf("a delivered event is set aside: %v", err)
			}
			if err := s.service.SetAside(t.Context(), e.ID, "evt_unknown"); !errors.Is(err, event.ErrNotFound) {
				t.Errorf("an unknown event is set aside: %v", err)
			}
			if err := s.service.SetAside(t.Context(), "wh_000000000000", events[0].ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("an event is set aside at an unknown webhook: %v", err)
			}
		})
	})
}

// With on_rejected set_aside, an ordered webhook sets refused events aside once
// a later one is accepted, and keeps the order of all others.
func TestWorker_OnRejectedSetsAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Ordered: true, OnRejected: delivery.RejectSetAside})
		refused := func(seq int64) bool { return seq == 3 || seq == 7 || seq == 8 }
		w.answers(urlA, func(p post) answer {
			if refused(p.seq) {
				return answer{status: 422}
			}
			return answer{}
		})
		s.publishMany(20, "face_matched")
		rest(10 * time.Minute)
		if status := s.service.Status(e.ID); status.State != delivery.Active || status.Exhausted != 3 || status.Delivered != 17 ||
			status.Retrying != 0 {
			t.Errorf("the status is %+v", status)
		}
		last := int64(0)
		for _, seq := range w.order(urlA) {
			if seq <= last || refused(seq) {
				t.Errorf("event %d was delivered after event %d", seq, last)
			}
			last = seq
		}

		// A receiver that refuses everything loses nothing, and neither does
		// one that can't be reached.
		for _, a := range []answer{{status: 401}, {class: delivery.ClassConnect}} {
			w.answers(urlA, always(a))
			before := s.service.Status(e.ID)
			s.publishMany(20, "face_matched")
			rest(24 * time.Hour)
			if status := s.service.Status(e.ID); status.State != delivery.Failing || status.Exhausted != before.Exhausted {
				t.Errorf("after a day of %+v the status is %+v", a, status)
			}
			w.answers(urlA, nil)
			rest(10 * time.Minute)
			if status := s.service.Status(e.ID); status.State != delivery.Active || status.Delivered != before.Delivered+20 || status.Retrying != 0 {
				t.Errorf("after that the status is %+v", status)
			}
		}
		taken := w.order(urlA)
		for i, seq := range taken {
			if i > 0 && seq <= taken[i-1] {
				t.Errorf("event %d was delivered after event %d", seq, taken[i-1])
			}
		}
	})
}

// Refused events that wait are set aside also where one of them got no answer,
// or where a restart has forgotten why they wait.
func TestWorker_OnRejectedSetsAsideWithSeveralWaiting(t *testing.T) {
	t.Parallel()
	for _, restarts := range []bool{false, true} {
		for _, unanswered := range []bool{false, true} {
			t.Run(fmt.Sprintf("restarts %v, unanswered %v", restarts, unanswered), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					s := startSite(t, t.TempDir(), w)
					e := s.registerWith(urlA, delivery.Settings{Ordered: true, OnRejected: delivery.RejectSetAside})
					w.answers(urlA, func(p post) answer {
						switch {
						case p.seq > 2:
							return answer{}
						case unanswered && p.seq == 2 && p.nth == 1:
							return answer{class: delivery.ClassConnect}
						default:
							return answer{status: 422}
						}
					})
					s.publishMany(2, "face_matched")
					rest(time.Hour)
					if status := s.service.Status(e.ID); status.State != delivery.Failing || status.Retrying != 2 {
						t.Fatalf("with two refused events the status is %+v", status)
					}
					if restarts {
						s = s.restart(w)
					}
					s.publishMany(3, "face_matched")
					rest(time.Hour)
					if status := s.service.Status(e.ID); status.State != delivery.Active || status.Exhausted != 2 || status.Delivered != 3 ||
						status.Blocking != "" {
						t.Errorf("afterwards the status is %+v", status)
					}
				})
			})
		}
	}
}

// An event that no longer waits is not shown as one that blocks.
func TestStatus_blocking_ends_with_the_wait(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *site, *delivery.Endpoint) error{
		"what waited is dropped": func(t *testing.T, s *site, e *delivery.Endpoint) error {
			return s.service.Resume(t.Context(), e.ID, FromNow)
		},
		"the order no longer counts": func(t *testing.T, s *site, e *delivery.Endpoint) error {
			_, err := s.service.Change(t.Context(), e.ID, Change{Settings: ReplaceSettings(delivery.Settings{})})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				e := s.registerWith(urlA, delivery.Settings{Ordered: true})
				w.answers(urlA, always(answer{status: 422}))
				events := s.publishMany(1, "face_matched")
				rest(time.Hour)
				if status := s.service.Status(e.ID); status.Blocking != events[0].ID {
					t.Fatalf("behind a refused event the status is %+v", status)
				}
				if err := end(t, s, e); err != nil {
					t.Fatal(err)
				}
				rest(time.Second)
				if status := s.service.Status(e.ID); status.Blocking != "" {
					t.Errorf("afterwards the status is %+v", status)
				}
			})
		})
	}
}

// An event is named by its own id, or by the id that its producer gave it where
// the log gave it another.
func TestService_SetAside_by_the_producers_id(t *testing.T) {
	t.Parallel()
	w := newWorld()
	late := new(lateClock)
	s := openSiteWith(t, t.TempDir(), w, store.Options{Now: late.now,
		RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}}, hub.Options{})
	e := s.registerWith(urlA, delivery.Settings{Ordered: true}, "line_crossed")
	w.answers(urlA, status(422))
	s.run()
	for producer, kind := range []string{"face_detected", "line_crossed"} {
		events, err := event.Decode([]byte(fmt.Sprintf(`{"id": "mine", "type": %q, "source": "s"}`, kind)), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.hub.PublishFrom(t.Context(), fmt.Sprint("producer ", producer), events); err != nil {
			t.Fatal(err)
		}
	}
	late.add(2 * time.Hour)
	if n, err := s.store.Retain(t.Context()); err != nil || n != 1 {
		t.Fatalf("Retain: %d, %v", n, err)
	}
	waitFor(t, func() bool { return s.service.Status(e.ID).Retrying == 1 })
	if err := s.service.SetAside(t.Context(), e.ID, "mine"); err != nil {
		t.Fatal(err)
	}
	if st := s.service.Status(e.ID); st.Exhausted != 1 {
		t.Errorf("the status is %+v", st)
	}
}
