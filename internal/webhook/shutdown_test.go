package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
)

// A bubble of synctest fails when a goroutine is left over in it, so each of
// these tests is one for leaks as well.

func TestShutdown_WaitsForRequestsThatAreAboutToFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, always(answer{after: 3 * time.Second}))
		s.publishMany(10, "face_matched")
		synctest.Wait()
		started := time.Now()
		s.stopWorkers()
		if took := time.Since(started); took != 3*time.Second {
			t.Errorf("the shutdown took %v, want as long as the deliveries", took)
		}
		if s.service.Running() {
			t.Error("the service says it runs")
		}
		if kept := s.kept(e.ID); kept.Cursor != 10 || kept.Delivered != 10 {
			t.Errorf("the store has %+v", kept)
		}
		s.restart(w)
		time.Sleep(time.Hour)
		if n := len(w.posts(urlA)); n != 10 {
			t.Errorf("%d posts in all, want 10: what has arrived came again", n)
		}
	})
}

func TestShutdown_InterruptsRequestsThatHangAndRedelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			switch {
			case p.seq == 1 && p.nth == 1:
				return answer{status: 500} // will hang as a retry
			case p.seq == 2:
				return answer{}
			default:
				return never
			}
		})
		s.publishMany(100, "face_matched")
		time.Sleep(8 * time.Second)
		synctest.Wait()
		started := time.Now()
		s.stopWorkers()
		if took := time.Since(started); took > worker.DrainTimeout || took < worker.DrainTimeout-time.Second {
			t.Errorf("the shutdown took %v, want %v", took, worker.DrainTimeout)
		}
		if n := len(s.attempts(e.ID)); n != 2 {
			t.Errorf("%d attempts on record, want the 2 that came to an end", n)
		}
		interrupted := 0
		for _, p := range w.posts(urlA) {
			if p.interrupted {
				interrupted++
			}
		}
		if interrupted != delivery.DefaultInFlight {
			t.Errorf("%d deliveries were interrupted, want %d", interrupted, delivery.DefaultInFlight)
		}
		for seq, p := range s.pending(e.ID) {
			if want := map[bool]int{true: 1, false: 0}[seq == 1]; p.Attempts != want || p.Due.After(time.Now()) {
				t.Errorf("event %d has used up %d attempts and is due at %v", seq, p.Attempts, p.Due)
			}
		}

		w.answers(urlA, nil)
		s = s.restart(w)
		synctest.Wait()
		for seq, n := range w.delivered(urlA) {
			if n != 1 {
				t.Errorf("event %d was delivered %d times", seq, n)
			}
		}
		if n := len(w.delivered(urlA)); n != 100 {
			t.Errorf("%d events were delivered, want 100", n)
		}
		if status := s.service.Status(e.ID); status.Retrying != 0 || status.Failed != 1 || status.Delivered != 100 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestShutdown_OfManyWorkersIsBoundedAsAWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		for _, url := range []string{urlA, urlB, "http://c.example/", "http://d.example/"} {
			w.answers(url, always(never))
			s.register(url, "", "*")
		}
		s.publishMany(50, "face_matched")
		synctest.Wait()
		started := time.Now()
		s.stopWorkers()
		if took := time.Since(started); took > worker.DrainTimeout+time.Second {
			t.Errorf("the shutdown took %v, want about %v", took, worker.DrainTimeout)
		}
	})
}

// A store that refuses must not hold the shutdown.
func TestShutdownWithAStoreThatRefusesEndsAndLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		s.register(urlA, "", "*")
		s.publishMany(20, "face_matched")
		accept := s.refuseSettlements()
		time.Sleep(time.Minute)
		started := time.Now()
		s.stopWorkers()
		if took := time.Since(started); took > worker.DrainTimeout {
			t.Errorf("the shutdown took %v", took)
		}
		accept()
		after := newWorld()
		s.restart(after)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(after.delivered(urlA)); n != 20 {
			t.Errorf("%d events were delivered after the restart, want all 20, since none was recorded", n)
		}
	})
}

// The last results are settled as they come, and not 50 ms later each.
func TestShutdown_OfIdleWorkersTakesNoTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startSite(t, t.TempDir(), newWorld())
		e := s.register(urlA, "", "*")
		s.publishMany(20, "face_matched")
		synctest.Wait()
		started := time.Now()
		s.stopWorkers()
		if took := time.Since(started); took > 100*time.Millisecond {
			t.Errorf("the shutdown took %v", took)
		}
		if kept := s.kept(e.ID); kept.Cursor != 20 {
			t.Errorf("the cursor is at %d", kept.Cursor)
		}
	})
}
