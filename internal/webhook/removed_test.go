package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
)

// Exhausted deliveries of removed events are not counted, kept in memory or sent
// again.
func TestExhausted_ForgetsEventsThatRetentionRemoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSiteWith(t, t.TempDir(), w, store.Options{Retain: 4 * 24 * time.Hour}, hub.Options{})
		s.run()
		e := s.register(urlA, "", "*")
		w.answers(urlA, func(p post) answer {
			if p.seq <= 2 {
				return answer{status: 422}
			}
			return answer{}
		})
		s.publishMany(2, "face_matched")
		for range 3 * 24 * 4 { // successes in between: it is the events' own fault
			rest(15 * time.Minute)
			s.publish("face_matched")
		}
		rest(time.Second)
		if status := s.service.Status(e.ID); status.Exhausted != 2 {
			t.Fatalf("the status is %+v", status)
		}
		rest(2 * 24 * time.Hour)
		if n, err := s.store.Retain(t.Context()); err != nil || n < 2 {
			t.Fatalf("Retain: %d, %v", n, err)
		}
		rest(time.Minute)
		if status := s.service.Status(e.ID); status.Exhausted != 0 || status.Expired != 0 {
			t.Errorf("once they are removed the status is %+v", status)
		}
		if n, err := s.service.ResendExhausted(t.Context(), e.ID); n != 0 || err != nil {
			t.Errorf("%d are sent again, %v", n, err)
		}
	})
}

func TestExpire_CountsAnEventRemovedBeforeItsTurnOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	late := &lateClock{}
	s := openSiteWith(t, t.TempDir(), w, store.Options{Now: late.now,
		RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}}, hub.Options{})
	e := s.register(urlA, "", "*")
	s.run()
	s.publish("line_crossed")
	waitFor(t, func() bool { return len(w.delivered(urlA)) == 1 })
	s.pause(e.ID)
	gone := s.publish("face_detected")[0]
	s.publish("line_crossed")
	s.resend(e.ID, gone.ID)
	late.add(2 * time.Hour)
	if n, err := s.store.Retain(t.Context()); err != nil || n != 1 {
		t.Fatalf("Retain: %d, %v", n, err)
	}
	s.resume(e.ID, SendWaiting)
	waitFor(t, func() bool { return len(w.delivered(urlA)) == 2 })
	waitFor(t, func() bool { return s.service.Status(e.ID).Retrying == 0 })
	if st := s.service.Status(e.ID); st.Expired != 1 {
		t.Errorf("%d expired, want 1", st.Expired)
	}
}
