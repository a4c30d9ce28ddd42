package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Without a bound, deliveries that wait for a retry would fill the memory.
func TestWorker_TakesNoNewEventsWhileMaxRetriesWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		w := s.register(delivery.Settings{}, event.AllTypes)
		due := time.Now().Add(time.Hour)
		for seq := range int64(MaxRetries) {
			// Of events that are gone by the time they are due.
			w.retries.push(delivery.Pending{Seq: 1_000_000 + seq, Attempts: 1, Due: due})
		}
		s.run()
		s.publish(10)
		rest(59 * time.Minute)
		if n, _ := s.requests(); n != 0 {
			t.Errorf("%d new events were sent while %d wait", n, MaxRetries)
		}
		if status := w.Status(); status.Retrying != MaxRetries || status.Behind != 10 {
			t.Errorf("meanwhile the status is %+v", status)
		}
		rest(2 * time.Minute)
		if n, _ := s.requests(); n != 10 {
			t.Errorf("%d new events were sent once there was room, want 10", n)
		}
		if status := w.Status(); status.Retrying != 0 || status.Expired != MaxRetries || status.Behind != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}

func TestWorker_ForgetsTheNotesOfDeliveriesThatAreOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		w := s.register(delivery.Settings{StormSeconds: 10}, event.AllTypes)
		s.run()
		s.publish(5)
		rest(11 * time.Second)
		s.answers(refuses(2))
		s.publish(1)
		rest(3 * time.Second)
		notes := -1
		if s.inWorker(func() { notes = len(w.attemptNotes) }); notes != 1 {
			t.Errorf("%d notes while a delivery waits for its retry, want 1", notes)
		}
		rest(5 * time.Minute)
		if requests, events := s.requests(); requests != 4 || events != 2 {
			t.Errorf("%d requests for %d events, want 4 for 2", requests, events)
		}
		if s.inWorker(func() { notes = len(w.attemptNotes) }); notes != 0 {
			t.Errorf("%d notes of deliveries that are over", notes)
		}
	})
}
