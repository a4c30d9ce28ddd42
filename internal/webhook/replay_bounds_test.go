package webhook

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/fullrun"
	"postern/internal/hub"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/worker"
)

func TestReplayOfAPausedWebhookWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(20, "face_matched")
		rest(time.Minute)
		s.pause(e.ID)
		id := s.replay(e.ID, ReplayRequest{}).ID
		rest(time.Hour)
		if got := s.replayed(e.ID, id); len(w.again(urlA)) != 0 || !got.EndedAt.IsZero() || got.Position != 0 {
			t.Errorf("while paused %d were sent, on record: %+v", len(w.again(urlA)), got)
		}
		s = s.restart(w)
		s.resume(e.ID, SendWaiting)
		rest(time.Minute)
		if got := s.replayed(e.ID, id); len(w.again(urlA)) != 20 || got.EndedAt.IsZero() || got.Sent != 20 {
			t.Errorf("once resumed %d were sent, on record: %+v", len(w.again(urlA)), got)
		}
	})
}

// A webhook may have been registered, and its replay asked for, before its
// worker has begun.
func TestReplay_RequestedBeforeTheWorkerRunsIsSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		s.publishMany(50, "face_matched")
		e := s.register(urlA, "", "*")
		id := s.replay(e.ID, ReplayRequest{}).ID
		s.run()
		rest(time.Minute)
		again := w.again(urlA)
		for seq := int64(1); seq <= 50; seq++ {
			if again[seq] != 1 {
				t.Errorf("event %d was sent %d times", seq, again[seq])
			}
		}
		if got := s.replayed(e.ID, id); got.Sent != 50 || got.EndedAt.IsZero() {
			t.Errorf("on record: %+v", got)
		}
		// One that comes later is another one.
		s.replay(e.ID, ReplayRequest{})
		rest(time.Minute)
		if n := len(w.posts(urlA)); n != 100 {
			t.Errorf("%d posts after a second replay, want 100", n)
		}
	})
}

func TestReplaysUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(3, "face_matched")
		rest(time.Minute)
		s.pause(e.ID)
		var asked sync.WaitGroup
		refused := make(chan error, 2*worker.MaxOpenReplays)
		for range 2 * worker.MaxOpenReplays {
			asked.Go(func() {
				if _, err := s.service.Replay(context.WithoutCancel(t.Context()), e.ID, ReplayRequest{}); err != nil {
					refused <- err
				}
			})
		}
		asked.Wait()
		if n := len(refused); n != worker.MaxOpenReplays {
			t.Errorf("%d of %d were refused, want %d", n, 2*worker.MaxOpenReplays, worker.MaxOpenReplays)
		}
		for range len(refused) {
			var invalid *problem.Error
			if err := <-refused; !errors.As(err, &invalid) {
				t.Errorf("refused with %v", err)
			}
		}
		all, err := s.service.Replays(t.Context(), e.ID)
		if err != nil || len(all) != worker.MaxOpenReplays {
			t.Fatalf("%d replays, %v", len(all), err)
		}
		if err := s.service.StopReplay(t.Context(), e.ID, all[3].ID); err != nil {
			t.Fatal(err)
		}
		s.replay(e.ID, ReplayRequest{})
		s.resume(e.ID, SendWaiting)
		rest(time.Minute)
		for seq, n := range w.again(urlA) {
			if n != worker.MaxOpenReplays {
				t.Errorf("event %d was sent %d times by %d replays", seq, n, worker.MaxOpenReplays)
			}
		}
	})
}

// Events that retention removes during a replay can't be sent. The
// replay ends all the same, and nothing that was delivered counts as expired.
func TestReplay_PassesOverEventsThatRetentionRemoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSiteWith(t, t.TempDir(), w, store.Options{Retain: time.Hour}, hub.Options{History: 1})
		s.run()
		e := s.registerWith(urlA, delivery.Settings{PerSecond: 1})
		s.publishMany(200, "face_matched")
		rest(40 * time.Minute)
		s.publishMany(10, "face_matched")
		rest(time.Minute)
		id := s.replay(e.ID, ReplayRequest{}).ID
		rest(time.Minute)
		had := len(w.again(urlA))
		s.pause(e.ID) // with most of it still to send
		rest(20 * time.Minute)
		if removed, err := s.store.Retain(t.Context()); err != nil || removed != 200 {
			t.Fatalf("retention removed %d: %v", removed, err)
		}
		s.resume(e.ID, SendWaiting)
		s.publishMany(2, "face_matched") // a worker that isn't idle
		rest(time.Hour)
		got := s.replayed(e.ID, id)
		if got.EndedAt.IsZero() || got.Position != 210 || had == 0 || had > 100 {
			t.Errorf("on record: %+v", got)
		}
		again := w.again(urlA)
		for seq := int64(201); seq <= 210; seq++ {
			if again[seq] != 1 {
				t.Errorf("event %d, which is left, was sent again %d times", seq, again[seq])
			}
		}
		if status := s.service.Status(e.ID); status.Expired != 0 || status.Delivered != int64(212+len(again)) {
			t.Errorf("the status is %+v", status)
		}
	})
}

// A replay over a long log in which few events match reads the log in rounds.
func TestReplay_FindsAnEventAfterManyThatDoNotMatchWithoutDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		for range 5 {
			s.publishMany(1000, "face_matched")
		}
		s.publish("system_error")
		e := s.register(urlA, "", "system_error")
		s.replay(e.ID, ReplayRequest{})
		s.run()
		synctest.Wait()
		if n := len(w.again(urlA)); n != 1 {
			t.Errorf("%d events were sent again without delay, want 1", n)
		}
	})
}

func TestReplaysOfUnknownWebhooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(100, "face_matched")
		rest(time.Minute)
		w.answers(urlA, always(answer{after: time.Second}))
		id := s.replay(e.ID, ReplayRequest{}).ID
		if err := s.service.StopReplay(t.Context(), e.ID, "rp_000000000000"); !errors.Is(err, deliveries.ErrNoReplay) {
			t.Errorf("stop an unknown replay: %v", err)
		}
		rest(2 * time.Second)
		if err := s.service.Remove(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		had := len(w.posts(urlA))
		rest(time.Hour)
		if n := len(w.posts(urlA)) - had; n != 0 {
			t.Errorf("%d posts to a removed webhook", n)
		}
		_, replayed := s.service.Replay(t.Context(), e.ID, ReplayRequest{})
		_, listed := s.service.Replays(t.Context(), e.ID)
		_, _, counted := s.service.Count(t.Context(), e.ID, ReplayRequest{})
		for i, err := range []error{replayed, listed, counted, s.service.StopReplay(t.Context(), e.ID, id)} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
		s.restart(w)
		rest(time.Hour)
		if n := len(w.posts(urlA)) - had; n != 0 {
			t.Errorf("after a restart %d posts to a removed webhook", n)
		}
	})
}

// In an ordered worker a replay has to wait for all else, one at a time.
func TestReplayOfAnOrderedWebhookKeepsTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{Ordered: true})
		s.publishMany(20, "face_matched")
		rest(time.Minute)
		w.answers(urlA, func(p post) answer {
			return answer{after: 100 * time.Millisecond, status: map[bool]int{true: 500}[p.seq%7 == 0 && p.nth == 2]}
		})
		s.replay(e.ID, ReplayRequest{})
		rest(500 * time.Millisecond)
		s.publishMany(5, "face_matched")
		rest(time.Hour)
		if most := w.most(urlA); most != 1 {
			t.Errorf("%d in flight at once", most)
		}
		var live, again []int64
		for _, p := range w.posts(urlA) {
			switch {
			case p.status != 200:
			case p.replay:
				again = append(again, p.seq)
			default:
				live = append(live, p.seq)
			}
		}
		want := func(n int) (list []int64) {
			for seq := range n {
				list = append(list, int64(seq+1))
			}
			return list
		}
		if fmt.Sprint(live) != fmt.Sprint(want(25)) || fmt.Sprint(again) != fmt.Sprint(want(20)) {
			t.Errorf("live: %v, again: %v", live, again)
		}
	})
}

// A receiver may refuse what it has had before, and take what is new.
func TestReplayThatFailsLeavesRoomForNewEvents(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		const n = 2 * worker.MaxRetries
		for range n / 500 {
			s.publishMany(500, "face_matched")
		}
		rest(time.Minute)
		w.deliveredOnce(t, urlA, 1, n)
		w.answers(urlA, func(p post) answer {
			if p.replay && p.seq%5 > 0 { // the events' own fault, not the receiver's
				return answer{status: 409}
			}
			return answer{}
		})
		s.replay(e.ID, ReplayRequest{})
		rest(time.Second) // before the first is tried again
		s.publishMany(100, "face_matched")
		rest(time.Second)
		status := s.service.Status(e.ID)
		if status.Retrying == 0 || status.Retrying > worker.MaxReplayRetries+delivery.DefaultInFlight || status.Behind != 0 {
			t.Errorf("while much of the replay fails the status is %+v", status)
		}
		w.deliveredOnce(t, urlA, n+1, n+100)
	})
}

func TestOldReplayGoesOnAfterARestartHoweverManyCameAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(3, "face_matched")
		rest(time.Minute)
		s.pause(e.ID)
		first := s.replay(e.ID, ReplayRequest{})
		for range worker.MaxReplays {
			r := s.replay(e.ID, ReplayRequest{})
			if err := s.service.StopReplay(t.Context(), e.ID, r.ID); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.replayed(e.ID, first.ID); !got.EndedAt.IsZero() {
			t.Errorf("on record: %+v", got)
		}
		s = s.restart(w)
		s.resume(e.ID, SendWaiting)
		rest(time.Minute)
		if n := len(w.again(urlA)); n != 3 {
			t.Errorf("%d events were sent again", n)
		}
		all, err := s.store.Deliveries.Replays(t.Context(), s.kept(e.ID).N, 2*worker.MaxReplays)
		if err != nil || len(all) != 1+worker.MaxReplays || all[worker.MaxReplays].EndedAt.IsZero() || all[worker.MaxReplays].Sent != 3 {
			t.Errorf("%d on record, the first as %+v; %v", len(all), all[len(all)-1], err)
		}
	})
}

func TestReplayThatIsRefusedWhilePosternStopsIsNotBegunLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(3, "face_matched")
		rest(time.Minute)
		s.stopWorkers()
		if _, err := s.service.Replay(t.Context(), e.ID, ReplayRequest{}); !errors.Is(err, worker.ErrStopped) {
			t.Fatalf("after the end: %v", err)
		}
		s.restart(w)
		rest(time.Minute)
		if n := len(w.again(urlA)); n != 0 {
			t.Errorf("%d events were sent again", n)
		}
	})
}
