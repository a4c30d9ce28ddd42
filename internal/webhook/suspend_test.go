package webhook

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// suspend makes it so that Postern didn't run for a time that ends now.
func (s *site) suspend(d time.Duration) {
	s.service.shared.Heartbeat.Set(time.Now().Add(-d))
}

// Attempts that were in flight while Postern didn't run, and those soon after it
// that get no answer, are repeated: no attempt is spent, no state changes, and
// nothing is announced.
func TestSuspension_isNoFailureOfAReceiver(t *testing.T) {
	t.Parallel()
	for _, settings := range []delivery.Settings{{}, {Ordered: true}} {
		for name, broken := range map[string]answer{
			"timeout":        never,
			"no connection":  {class: delivery.ClassConnect, after: 8 * time.Second},
			"name not known": {class: delivery.ClassDNS, after: 8 * time.Second},
			"refused":        {status: 408, after: 8 * time.Second},
		} {
			t.Run(fmt.Sprintf("%s, ordered %t", name, settings.Ordered), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					s := startTelling(t, w)
					e := s.registerWith(urlA, settings)
					s.publishMany(2, "face_matched")
					rest(time.Second)
					w.answers(urlA, always(broken))
					s.publishMany(20, "face_matched")
					rest(5 * time.Second)
					w.answers(urlA, always(answer{class: delivery.ClassDNS})) // the network comes back late
					s.suspend(25 * time.Second)
					rest(12 * time.Second)
					w.answers(urlA, nil)
					rest(time.Minute)
					st := s.service.Status(e.ID)
					if st.State != delivery.Active || st.Failed > 1 || st.Retrying != 0 || st.Behind != 0 || len(s.states(e.ID)) != 0 {
						t.Errorf("the status is %+v, the states were %v", st, s.states(e.ID))
					}
					w.deliveredOnce(t, urlA, 1, 22)
					s.wantKinds()
					if n := s.log.count("postern did not run for a while"); n != 1 {
						t.Errorf("%d lines in the log say so", n)
					}
					// Later failures count as ever.
					w.answers(urlA, always(answer{class: delivery.ClassConnect}))
					s.publishMany(20, "face_matched")
					rest(5 * time.Minute)
					s.wantKinds(event.WebhookFailing)
				})
			})
		}
	}
}
