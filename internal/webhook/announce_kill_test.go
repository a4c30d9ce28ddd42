package webhook

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
)

// kill goes on with the data folder as it lies on disk, as after kill -9, and
// with announcements that are published.
func (s *site) kill(w *world, at string) *site {
	s.t.Helper()
	s.stop()
	after := openSite(s.t, at, w)
	after.service.publish = after.hub.Publish
	after.run()
	return after
}

// Every change of state is announced once, between whichever steps of it
// Postern is killed: before the state is kept, before the announcement is
// published, and after it.
func TestAnnouncement_onceWhereverPosternIsKilled(t *testing.T) {
	t.Parallel()
	changes := map[string]struct {
		change func(*site, *world, string)
		kinds  []event.Kind
	}{
		"disabled": {func(s *site, w *world, _ string) {
			w.answers(urlA, status(410))
			s.publish("face_matched")
		}, []event.Kind{event.WebhookDisabled}},
		"failing": {func(s *site, w *world, _ string) {
			w.answers(urlA, status(500))
			s.publishMany(worker.FailingAfter, "face_matched")
		}, []event.Kind{event.WebhookFailing}},
		"recovered": {func(s *site, w *world, id string) {
			w.answers(urlA, status(500))
			s.publishMany(worker.FailingAfter, "face_matched")
			rest(time.Minute)
			w.answers(urlA, nil)
		}, []event.Kind{event.WebhookFailing, event.WebhookRecovered}},
		"resumed": {func(s *site, w *world, id string) {
			w.answers(urlA, status(410))
			s.publish("face_matched")
			rest(time.Minute)
			w.answers(urlA, nil)
			s.resume(id, SendWaiting)
		}, []event.Kind{event.WebhookDisabled, event.WebhookResumed}},
		"removed": {func(s *site, w *world, id string) {
			w.answers(urlA, status(410))
			s.publish("face_matched")
			rest(time.Minute)
			if err := s.service.Remove(context.Background(), id); err != nil {
				s.t.Error(err)
			}
		}, []event.Kind{event.WebhookDisabled, event.WebhookRemoved}},
	}
	for name, tc := range changes {
		for _, moment := range []string{"before it is published", "after it is published", "before the state is kept"} {
			if moment == "before the state is kept" && name != "disabled" && name != "failing" {
				continue // the test stops all settlements, and so the changes before this one
			}
			t.Run(name+", killed "+moment, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					s := startTelling(t, w)
					e := s.register(urlA, "", "*")
					killedAt := t.TempDir() + "/killed"
					n, before := 0, s.service.publish
					s.service.publish = func(ctx context.Context, events []*event.Event) (int, error) {
						n += len(events)
						last := n == len(tc.kinds)
						if last && moment == "before it is published" {
							copyFolder(t, s.dir, killedAt)
						}
						duplicates, err := before(ctx, events)
						if last && moment == "after it is published" {
							copyFolder(t, s.dir, killedAt)
						}
						return duplicates, err
					}
					if moment == "before the state is kept" {
						execute(t, s.dir, "CREATE TRIGGER refuse BEFORE UPDATE ON endpoints BEGIN SELECT RAISE(ABORT, 'no room'); END")
					}
					tc.change(s, w, e.ID)
					rest(3 * time.Minute)
					if moment == "before the state is kept" {
						if n != 0 {
							t.Fatalf("%d were announced before the state was kept", n)
						}
						copyFolder(t, s.dir, killedAt)
						execute(t, killedAt, "DROP TRIGGER refuse")
					}
					s = s.kill(w, killedAt)
					rest(3 * time.Minute)
					s.wantKinds(tc.kinds...)
					if waiting, err := s.store.Deliveries.Announcements(t.Context()); len(waiting) != 0 || err != nil {
						t.Errorf("waiting are %v, %v", waiting, err)
					}
				})
			})
		}
	}
}

// Random kills while a receiver comes and goes: openings and ends alternate, and
// each has its own change of state.
func TestAnnouncement_onceUnderRandomKills(t *testing.T) {
	t.Parallel()
	for seed := range fullrun.Seeds(4, 1) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 10))
				w := newWorld()
				s := startTelling(t, w)
				e := s.register(urlA, "", "*")
				for range 30 {
					w.answers(urlA, nil)
					if rng.IntN(2) == 0 {
						w.answers(urlA, always(answer{class: delivery.ClassConnect}))
					}
					for range 1 + rng.IntN(4) {
						s.publishMany(1+rng.IntN(4), "face_matched")
						rest(time.Duration(rng.Int64N(int64(4 * time.Minute))))
					}
					time.Sleep(time.Duration(rng.Int64N(int64(100 * time.Millisecond)))) // anywhere between two steps
					killedAt := t.TempDir() + "/killed"
					synctest.Wait()
					copyFolder(t, s.dir, killedAt)
					s = s.kill(w, killedAt)
				}
				w.answers(urlA, nil)
				rest(30 * time.Minute)
				open, opened := false, time.Time{}
				for _, told := range s.told() {
					_, ends := told.Resolves()
					if ends != open {
						t.Errorf("%s follows the same kind", told.JSON())
					}
					if open = !ends; open {
						if told.Received.Sub(opened) < openingInterval {
							t.Errorf("an opening at %v follows one at %v", told.Received, opened)
						}
						opened = told.Received
					}
				}
				s.wantOwnOpen(0)
				if st := s.service.Status(e.ID); st.State != delivery.Active || open {
					t.Errorf("in the end the status is %+v, and an opening is open: %t", st, open)
				}
			})
		})
	}
}
