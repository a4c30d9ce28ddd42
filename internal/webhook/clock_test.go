package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/deliveries"
)

func TestClockThatWasSetBackHoldsNoRetryUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSite(t, t.TempDir(), w)
		s.register(urlA, "", "*")
		s.publish("face_matched")
		// As a clock that was a year ahead would have left it.
		far := time.Now().AddDate(1, 0, 0)
		n := s.service.endpoints[0].endpoint.N
		if err := s.store.Deliveries.Settle(t.Context(), &deliveries.Settlement{Endpoint: n, Cursor: 1,
			Put: []delivery.Pending{{Seq: 1, Attempts: 1, Due: far}}}); err != nil {
			t.Fatal(err)
		}
		s.stop()
		startSite(t, s.dir, w)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.delivered(urlA)[1]; got != 1 {
			t.Errorf("delivered %d times", got)
		}
	})
}

// The pause between probes holds, too, where the state seems to begin in a year.
func TestClockThatWasSetBackMakesNoStormOfProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		s.stop()
		s.failingFor(e.ID, -365*24*time.Hour)
		had := len(w.posts(urlA))
		w.answers(urlA, always(answer{status: 500, after: 100 * time.Millisecond}))
		s = startSite(t, s.dir, w)
		rest(time.Minute)
		if n := len(w.posts(urlA)) - had; n > 6 {
			t.Errorf("%d probes in a minute", n)
		}
		w.answers(urlA, nil)
		rest(time.Hour)
		if status := s.service.Status(e.ID); status.State != delivery.Active || status.Retrying != 0 {
			t.Errorf("the status is %+v", status)
		}
	})
}
