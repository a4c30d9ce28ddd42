package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
)

func TestWorker_ForgetsAnEventThatWasResentBeforeItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		w := s.register(delivery.Settings{PerSecond: 1}, event.AllTypes)
		s.run()
		events := s.publish(20)
		synctest.Wait()
		if err := w.Resend(t.Context(), events[15]); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ahead := -1
		if s.inWorker(func() { ahead = len(w.committedAhead) }); ahead != 1 {
			t.Errorf("%d events are committed ahead, want 1", ahead)
		}
		rest(time.Hour)
		if requests, sent := s.requests(); requests != 20 || sent != 20 {
			t.Errorf("%d requests for %d events, want one for each of 20", requests, sent)
		}
		if s.inWorker(func() { ahead = len(w.committedAhead) }); ahead != 0 {
			t.Errorf("the worker remembers %d events", ahead)
		}
	})
}

func TestWorker_ClosesItsSubscriptionsWhenItIsRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		w := s.register(delivery.Settings{}, event.Types(event.FaceMatched))
		s.run()
		synctest.Wait()
		var first, second *hub.Subscription
		s.inWorker(func() { first = w.sub })
		changed := *s.endpoint
		changed.Types, changed.Filter = event.AllTypes, event.Filter{}
		w.Update(&changed)
		synctest.Wait()
		if s.inWorker(func() { second = w.sub }); second == first {
			t.Fatal("the worker didn't subscribe with its new filter")
		}
		w.Remove()
		synctest.Wait()
		for _, sub := range []*hub.Subscription{first, second} {
			select { // a wake-up from before
			case <-sub.Ready():
			default:
			}
			s.publish(1)
			synctest.Wait()
			select {
			case <-sub.Ready():
				t.Error("the hub still wakes a worker that has ended")
			default:
			}
		}
	})
}
