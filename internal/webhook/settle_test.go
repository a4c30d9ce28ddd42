package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/hub"
	"postern/internal/store"
)

// refuseSettlements makes the store refuse every settlement, as a disk
// without room does, until the function that it returns is called.
func (s *site) refuseSettlements() (accept func()) {
	s.t.Helper()
	execute(s.t, s.dir, "CREATE TRIGGER refuse BEFORE UPDATE OF cursor ON endpoints BEGIN SELECT RAISE(ABORT, 'no room'); END")
	return func() { execute(s.t, s.dir, "DROP TRIGGER refuse") }
}

func TestStoreThatRefusesLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.seq%10 == 0 && p.nth == 1 {
				return answer{status: 500, after: 100 * time.Millisecond}
			}
			return answer{after: 100 * time.Millisecond}
		})
		s.publishMany(300, "face_matched")
		accept := s.refuseSettlements()
		time.Sleep(time.Minute)
		synctest.Wait()
		// Deliveries go on; the store just doesn't know.
		if status := s.service.Status(e.ID); status.Delivered != 300 || status.Failed != 30 || status.Cursor != 0 {
			t.Errorf("while the store refuses the status is %+v", status)
		}
		if kept := s.kept(e.ID); kept.Cursor != 0 || kept.Delivered != 0 {
			t.Errorf("the store has %+v although it refuses", kept)
		}
		if n := s.log.count("deliveries not recorded"); n < 30 || n > 60 {
			t.Errorf("the store was asked %d times in a minute, want about once a second", n)
		}
		accept()
		time.Sleep(2 * worker.SettleRetry)
		synctest.Wait()
		if kept := s.kept(e.ID); kept.Cursor != 300 || kept.Delivered != 300 || kept.Failed != 30 {
			t.Errorf("once it accepts again the store has %+v", kept)
		}
		if pending := s.pending(e.ID); len(pending) != 0 {
			t.Errorf("%v is pending", pending)
		}
		count := make(map[int64]int)
		for _, a := range s.attempts(e.ID) {
			count[a.Seq]++
			if want := int(a.Seq % 10); (want != 0 && a.Number != 1) || a.Number > 2 {
				t.Errorf("on record: %+v", a)
			}
		}
		for seq := int64(1); seq <= 300; seq++ {
			if want := map[bool]int{true: 2, false: 1}[seq%10 == 0]; count[seq] != want {
				t.Errorf("event %d has %d attempts on record, want %d", seq, count[seq], want)
			}
		}
		for seq, n := range w.delivered(urlA) {
			if n != 1 {
				t.Errorf("event %d was delivered %d times", seq, n)
			}
		}
	})
}

// While the store refuses, a crash loses records, never a delivery.
func TestCrashWhileTheStoreRefusesDeliversAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		s.register(urlA, "", "*")
		events := s.publishMany(100, "face_matched")
		accept := s.refuseSettlements()
		time.Sleep(time.Minute)
		synctest.Wait()
		accept()
		crashed := t.TempDir()
		copyFolder(t, s.dir, crashed)
		s.stop()

		after := newWorld()
		startSite(t, crashed, after)
		time.Sleep(time.Minute)
		synctest.Wait()
		delivered := after.delivered(urlA)
		for _, seq := range seqs(events) {
			if delivered[seq] != 1 {
				t.Errorf("event %d was delivered %d times after the crash", seq, delivered[seq])
			}
		}
	})
}

// On a full disk a worker stops before it fills the memory instead.
func TestUnsettledResultsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		accept := s.refuseSettlements()
		w.answers(urlA, always(answer{after: 10 * time.Millisecond}))
		const n = worker.MaxUnsettled + 500
		s.publishMany(n, "face_matched")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		posts := len(w.posts(urlA))
		if posts < worker.MaxUnsettled || posts > worker.MaxUnsettled+delivery.DefaultInFlight {
			t.Errorf("%d deliveries without a record, want %d or a few more", posts, worker.MaxUnsettled)
		}
		if status := s.service.Status(e.ID); status.Behind != int64(n-posts) || status.InFlight != 0 {
			t.Errorf("meanwhile the status is %+v", status)
		}
		accept()
		time.Sleep(time.Minute)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.Delivered != n || status.Behind != 0 {
			t.Errorf("once the store accepts again the status is %+v", status)
		}
		if posts := len(w.posts(urlA)); posts != n {
			t.Errorf("%d posts, want %d", posts, n)
		}
		if kept := s.kept(e.ID); kept.Cursor != n || kept.Delivered != n {
			t.Errorf("the store has %+v", kept)
		}
	})
}

func TestNewEventsThatCannotBeReadAreDeliveredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		s.register(urlA, "", "*")
		s.publishMany(50, "face_matched")
		s.stop()
		s = openSiteWith(t, s.dir, w, store.Options{}, hub.Options{History: 1})
		execute(t, s.dir, "ALTER TABLE events RENAME TO elsewhere")
		s.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(w.posts(urlA)); n != 0 {
			t.Errorf("%d posts while nothing can be read", n)
		}
		execute(t, s.dir, "ALTER TABLE elsewhere RENAME TO events")
		time.Sleep(2 * worker.IdleTick)
		synctest.Wait()
		if n := len(w.delivered(urlA)); n != 50 {
			t.Errorf("%d events were delivered once the disk can be read, want 50", n)
		}
	})
}

// A worker whose read failed has a backlog, also before it reads again.
func TestReadThatFailed_leavesABacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSiteWith(t, t.TempDir(), w, store.Options{}, hub.Options{History: 1})
		s.run()
		e := s.register(urlA, "", "*")
		s.pause(e.ID)
		s.publishMany(50, "face_matched")
		rest(time.Second)
		execute(t, s.dir, "ALTER TABLE events RENAME TO elsewhere")
		s.resume(e.ID, SendWaiting)
		for range 20 {
			if st := s.service.Status(e.ID); st.Behind == 0 || len(w.posts(urlA)) != 0 {
				t.Fatalf("while nothing can be read the status is %+v", st)
			}
			rest(time.Second)
		}
		execute(t, s.dir, "ALTER TABLE elsewhere RENAME TO events")
		rest(2 * worker.IdleTick)
		if st := s.service.Status(e.ID); st.Behind != 0 || len(w.delivered(urlA)) != 50 {
			t.Errorf("once it can the status is %+v", st)
		}
	})
}

// An endpoint must not stay silent because the disk couldn't be read at the
// moment of the start, nor take what waits for another attempt several times.
func TestWorker_ThatCannotStartTriesAgain(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"pending", "replays", "attempts"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startSite(t, t.TempDir(), w)
				s.register(urlA, "", "*")
				w.answers(urlA, status(500))
				s.publishMany(3, "face_matched")
				rest(time.Second) // settled by then
				s.stop()
				w.answers(urlA, nil)
				had := len(w.posts(urlA))
				s = openSite(t, s.dir, w)
				execute(t, s.dir, "ALTER TABLE "+table+" RENAME TO elsewhere")
				s.run()
				rest(time.Minute)
				if n := len(w.posts(urlA)) - had; n != 0 {
					t.Fatalf("%d events were sent by a worker that doesn't know what was before", n)
				}
				execute(t, s.dir, "ALTER TABLE elsewhere RENAME TO "+table)
				rest(time.Minute)
				if n, posts := len(w.delivered(urlA)), len(w.posts(urlA))-had; n != 3 || posts != 3 {
					t.Errorf("%d events were delivered once the disk can be read, with %d posts; want 3 with 3", n, posts)
				}
			})
		})
	}
}

// The event of a retry may be unreadable for a while. The worker waits, also
// while it is failing, and loses nothing.
func TestEventsThatCannotBeReadAreDeliveredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		s = s.restartWithoutHistory(w)
		had := len(w.posts(urlA))
		execute(t, s.dir, "ALTER TABLE events RENAME TO elsewhere")
		time.Sleep(time.Minute)
		synctest.Wait() // does not return while a goroutine spins
		w.answers(urlA, nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(w.posts(urlA)) - had; n > 1 { // one before the disk went
			t.Errorf("%d posts while nothing can be read", n)
		}
		execute(t, s.dir, "ALTER TABLE elsewhere RENAME TO events")
		time.Sleep(time.Hour)
		synctest.Wait()
		if status := s.service.Status(e.ID); status.State != delivery.Active || status.Delivered != worker.FailingAfter || status.Expired != 0 {
			t.Errorf("once the disk can be read the status is %+v", status)
		}
	})
}
