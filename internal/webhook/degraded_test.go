package webhook

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
)

// shown is an endpoint's state as people see it.
func (s *site) shown(id string) (state delivery.State, since time.Time, cause string) {
	status := s.service.Status(id)
	return status.Shown()
}

func TestWorker_DegradedBeforeItFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, always(answer{class: delivery.ClassConnect}))
		var seen []delivery.State
		s.publish("face_matched")
		for range 10 * 60 {
			time.Sleep(time.Second)
			synctest.Wait()
			if state, _, _ := s.shown(e.ID); len(seen) == 0 || seen[len(seen)-1] != state {
				seen = append(seen, state)
			}
		}
		if len(seen) != 3 || seen[0] != delivery.Active || seen[1] != delivery.Degraded || seen[2] != delivery.Failing {
			t.Errorf("the states are %v", seen)
		}
		if states := s.states(e.ID); len(states) != 1 {
			t.Errorf("being degraded is among the changes of state: %v", states)
		}
	})
}

func TestWorker_DegradedStateEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.publishMany(50, "face_matched")
		rest(time.Second)
		w.answers(urlA, status(500))
		began := time.Now()
		s.publishMany(3, "face_matched")
		rest(time.Second)
		state, since, cause := s.shown(e.ID)
		if state != delivery.Degraded || since.Before(began) || !strings.HasPrefix(cause, "The last 3 attempts failed.") {
			t.Fatalf("after three refusals: %s since %v: %s", state, since, cause)
		}
		if status := s.service.Status(e.ID); status.State != delivery.Active || !status.StateAt.IsZero() {
			t.Errorf("its own state is %+v", status)
		}
		w.answers(urlA, nil)
		rest(30 * time.Second) // the retries succeed
		if state, _, _ = s.shown(e.ID); state != delivery.Degraded {
			t.Errorf("half a minute later it is %s", state)
		}
		rest(time.Minute)
		if state, _, _ = s.shown(e.ID); state != delivery.Active {
			t.Errorf("a minute after its recovery it is %s", state)
		}
	})
}

// Each state is judged by its own attempts.
func TestWorker_PausedIsNotDegraded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		w.answers(urlA, status(500))
		s.publishMany(3, "face_matched")
		rest(time.Second)
		for _, change := range []struct {
			do   func(string)
			want delivery.State
		}{{s.pause, delivery.Paused}, {func(id string) { s.resume(id, FromNow) }, delivery.Active}} {
			change.do(e.ID)
			if state, _, _ := s.shown(e.ID); state != change.want {
				t.Errorf("the state is %s, want %s", state, change.want)
			}
		}
	})
}

func TestStatus_WaitingSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "face_matched")
		since := func() time.Time { return s.service.Status(e.ID).WaitingSince }
		s.publish("face_matched")
		rest(time.Second)
		if !since().IsZero() {
			t.Errorf("nothing waits, since %v", since())
		}
		s.pause(e.ID)
		s.publish("line_crossed")
		rest(time.Minute)
		first := s.publish("face_matched")[0]
		rest(time.Minute)
		s.publish("face_matched")
		rest(time.Second)
		if !since().Equal(first.Received) {
			t.Errorf("paused: since %v, want %v", since(), first.Received)
		}
		w.answers(urlA, func(p post) answer {
			if p.seq == first.Seq {
				return answer{status: 500}
			}
			return answer{}
		})
		s.resume(e.ID, SendWaiting)
		rest(10 * time.Second)
		if !since().Equal(first.Received) {
			t.Errorf("retrying: since %v, want %v", since(), first.Received)
		}
		w.answers(urlA, nil)
		rest(time.Hour)
		if !since().IsZero() {
			t.Errorf("delivered: since %v", since())
		}
	})
}
