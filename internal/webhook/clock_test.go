package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/journal"
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
		if err := s.journal.Settle(t.Context(), &journal.Settlement{Endpoint: n, Cursor: 1, Put: []journal.Pending{{Seq: 1, Tries: 1, Due: far}}}); err != nil {
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
