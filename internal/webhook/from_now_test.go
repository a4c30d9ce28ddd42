package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Events go on coming while a person's choice is on its way to the worker.
func TestFromNow_EventsAfterNowAreSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.registerWith(urlA, delivery.Settings{InFlight: 2})
		w.answers(urlA, func(p post) answer {
			if p.seq == 2 {
				return answer{after: time.Second}
			}
			return answer{after: 10 * time.Second}
		})
		published := s.publishMany(20, "face_matched")
		synctest.Wait()
		now := s.hub.Head()
		published = append(published, s.publish("face_matched")...)
		s.resend(e.ID, published[20].ID)
		rest(2 * time.Second) // under way
		if _, errs := s.service.storeStates(t.Context(), []string{e.ID}, chosenState{
			to: delivery.Active, kind: event.WebhookResumed, skipTo: now, cause: "A person resumed it from now on.",
		}); errs[0] != nil {
			t.Fatal(errs[0])
		}
		rest(time.Hour)
		w.deliveredOnce(t, urlA, 21, 21)
	})
}

func TestResumeFromNowOfAnEmptyLogSkipsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.pause(e.ID)
		s.resume(e.ID, FromNow)
		s.publishMany(2, "face_matched")
		rest(time.Minute)
		w.deliveredOnce(t, urlA, 1, 2)
		if status := s.service.Status(e.ID); status.Skipped != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}
