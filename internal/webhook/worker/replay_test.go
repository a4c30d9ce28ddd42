package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/eventtest"
)

// storeReplay stores a replay of the whole log.
func (s *setup) storeReplay() *delivery.Replay {
	s.t.Helper()
	r := &delivery.Replay{ID: "rp_1", Endpoint: s.endpoint.N, Through: s.log.Hub.Head(), CreatedAt: time.Now()}
	if err := s.log.Store.Deliveries.CreateReplays(s.t.Context(), r.ID, r, r); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// A replay over a long log in which few events match must give way to the
// worker's other tasks.
func TestReplay_ReadsTheLogInRounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		for range 5 {
			s.publish(1000)
		}
		s.publish(1, eventtest.WithType(event.SystemError))
		w := s.register(delivery.Settings{}, event.Types(event.SystemError))
		if err := w.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer w.sub.Close()
		w.addReplay(s.storeReplay())
		defer w.replays[0].sub.Close()
		rounds, found := 0, int64(0)
		for ; found == 0 && rounds < 100; rounds++ {
			w.replayUnread = false
			if d := w.takeReplay(t.Context()); d != nil {
				found = d.Event.Seq
			} else if !w.replayUnread {
				break // the worker believes that there is nothing more
			}
		}
		if found != 5001 {
			t.Errorf("found event %d", found)
		}
		if rounds < 5000/ReplayRead {
			t.Errorf("%d events were read in %d rounds", 5000, rounds)
		}
	})
}

func TestReplay_IsForgottenOnceItIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		s.publish(100)
		w := s.register(delivery.Settings{PerSecond: 1}, event.AllTypes)
		r := s.storeReplay()
		s.run()
		rest(10 * time.Second)
		running := -1
		if s.inWorker(func() { running = len(w.replays) }); running != 1 {
			t.Fatalf("%d replays run, want 1", running)
		}
		w.StopReplay(r.ID)
		rest(10 * time.Second)
		if s.inWorker(func() { running = len(w.replays) }); running != 0 {
			t.Errorf("%d replays run after the stop", running)
		}
	})
}
