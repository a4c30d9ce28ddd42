package webhook

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
)

func TestEveryChangeOfStateIsOnRecordWithItsCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		if status := s.service.Status(e.ID); status.State != delivery.Active || !status.StateAt.IsZero() || status.StateCause != "" {
			t.Errorf("from the beginning the status is %+v", status)
		}
		var at []time.Time
		note := func() { at = append(at, s.service.Status(e.ID).StateAt) }
		s.fail(w, urlA, e.ID)
		note()
		w.answers(urlA, nil)
		rest(time.Minute)
		note()
		s.pause(e.ID)
		rest(time.Minute)
		note()
		s.pause(e.ID) // changes nothing
		rest(time.Minute)
		s.resume(e.ID, SendWaiting)
		rest(time.Minute)
		note()
		s.resume(e.ID, SendWaiting) // changes nothing
		rest(time.Minute)
		if got := s.service.Status(e.ID); !got.StateAt.Equal(at[3]) {
			t.Errorf("asked for what it is already, the status is %+v", got)
		}
		w.answers(urlA, status(410))
		s.publish("face_matched")
		rest(time.Minute)
		note()
		s.resume(e.ID, FromNow)
		rest(time.Minute)
		note()

		want := []struct {
			state delivery.State
			cause string
		}{
			{delivery.Failing, "The receiver accepts no event"}, {delivery.Active, "The receiver accepts events again."},
			{delivery.Paused, "A person paused it."},
			{delivery.Active, "A person resumed it."}, {delivery.Disabled, "410 Gone"}, {delivery.Active, "from now on"},
		}
		for range 2 {
			changes := s.states(e.ID)
			if len(changes) != len(want) {
				t.Fatalf("on record: %v", changes)
			}
			for i, c := range changes {
				if c.State != want[i].state || !strings.Contains(c.Cause, want[i].cause) || c.At.Sub(at[i]).Abs() > time.Microsecond {
					t.Errorf("change %d on record is %+v, want %s at %v because %q", i, c, want[i].state, at[i], want[i].cause)
				}
			}
			s = s.restart(w)
		}
		if _, err := s.service.StateChanges(t.Context(), "wh_000000000000"); !errors.Is(err, ErrNotFound) {
			t.Errorf("changes of an unknown webhook: %v", err)
		}
	})
}

func TestStateCauseAndProbesOutlastARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		rest(time.Hour)
		before := s.service.Status(e.ID)
		for range 2 {
			s = s.restart(w)
			synctest.Wait()
			got := s.service.Status(e.ID)
			if got.State != delivery.Failing || got.StateCause != before.StateCause || got.StateCause == "" ||
				got.StateAt.Sub(before.StateAt).Abs() > time.Microsecond || got.FailingSince.Sub(before.FailingSince).Abs() > time.Microsecond {
				t.Errorf("after a restart the status is %+v, was %+v", got, before)
			}
			had := len(w.posts(urlA))
			rest(time.Hour)
			if n := len(w.posts(urlA)) - had; n < 8 || n > 40 {
				t.Errorf("%d probes in the hour after a restart", n)
			}
		}
		// The five days go on from where they were.
		s.stop()
		s.failingFor(e.ID, worker.DisableAfter-2*time.Hour)
		s = startSite(t, s.dir, w)
		rest(time.Hour)
		if status := s.service.Status(e.ID); status.State != delivery.Failing {
			t.Errorf("an hour before the end the status is %+v", status)
		}
		rest(2 * time.Hour)
		if status := s.service.Status(e.ID); status.State != delivery.Disabled {
			t.Errorf("an hour after the end the status is %+v", status)
		}
	})
}

// Days in which Postern was off are no days of failing that anybody saw: the
// receiver is asked once more before it is given up.
func TestWorker_ProbesBeforeItDisablesAfterALongStop(t *testing.T) {
	t.Parallel()
	for _, answers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := startSite(t, t.TempDir(), w)
			e := s.register(urlA, "", "*")
			s.fail(w, urlA, e.ID)
			s.stop()
			time.Sleep(7 * 24 * time.Hour)
			had, want := len(w.posts(urlA)), delivery.Disabled
			if answers {
				want = delivery.Active
				w.answers(urlA, nil)
			}
			s = startSite(t, s.dir, w)
			rest(time.Hour)
			if status := s.service.Status(e.ID); status.State != want {
				t.Errorf("the receiver answers: %v; the status is %+v", answers, status)
			}
			if n := len(w.posts(urlA)) - had; !answers && n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}

// Requests that were under way when an outage began tell nothing about its
// length, however long they take to fail.
func TestLateFailuresDoNotPutTheFirstProbesOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.seq <= worker.FailingAfter {
				return answer{status: 500}
			}
			return never
		})
		s.publishMany(delivery.DefaultInFlight, "face_matched")
		rest(worker.RefusedFor)
		since := s.service.Status(e.ID).FailingSince
		w.answers(urlA, status(500))
		rest(2 * time.Minute)
		var probes []time.Duration
		for _, p := range w.posts(urlA)[delivery.DefaultInFlight:] {
			probes = append(probes, p.at.Sub(since))
		}
		if len(probes) < 3 || probes[0] < delivery.DefaultTimeout-worker.RefusedFor || probes[0] > worker.FirstProbe*12/10 {
			t.Errorf("since it is failing it was probed after %v, want as soon as the last of what was under way had ended, and again soon", probes)
		}
	})
}

func TestUnknownWebhooksCannotBePausedOrResumed(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	for name, err := range map[string]error{
		"pause":  s.service.Pause(t.Context(), "wh_000000000000"),
		"resume": s.service.Resume(t.Context(), "wh_000000000000", FromNow),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
