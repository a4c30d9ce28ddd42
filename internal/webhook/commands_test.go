package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"
)

// Commands from before the workers run are applied once they do; commands that
// wait when they end get an error.
func TestCommands_BeforeTheWorkerRunsAndAfterItEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		published := s.publishMany(3, "face_matched")
		e := s.register(urlA, "", "*")
		answered := make(chan error, 1)
		go func() { answered <- s.service.Resend(t.Context(), e.ID, published[0].ID) }()
		synctest.Wait()
		s.pause(e.ID)
		s.resume(e.ID, SendWaiting)
		select {
		case err := <-answered:
			t.Fatalf("answered %v before the worker ran", err)
		default:
		}
		s.run()
		if err := <-answered; err != nil {
			t.Error(err)
		}
		rest(time.Minute)
		if got := w.again(urlA); len(got) != 1 || got[1] != 1 {
			t.Errorf("sent: %v", got)
		}
	})
}

func TestCommands_EndWithAnErrorWhenNoWorkerTakesThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, t.TempDir(), newWorld()) // doesn't run
		published := s.publish("face_matched")[0]
		e := s.register(urlA, "", "*")
		began := time.Now()
		if err := s.service.Resend(t.Context(), e.ID, published.ID); err == nil || time.Since(began) != worker.CommandTimeout {
			t.Errorf("answered %v after %v", err, time.Since(began))
		}
	})
}
