package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// A store that says failing but not since when is believed as far as it
// goes.
func TestFailingSinceIsNeverUnknown(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	for _, tc := range []struct {
		kept  deliveries.EndpointRecord
		state delivery.State
		since time.Time
	}{
		{deliveries.EndpointRecord{}, delivery.Active, time.Time{}},
		{deliveries.EndpointRecord{State: "active", StateAt: at, FailingSince: at}, delivery.Active, time.Time{}},
		{deliveries.EndpointRecord{State: "paused", StateAt: at, FailingSince: at}, delivery.Paused, time.Time{}},
		{deliveries.EndpointRecord{State: "disabled", StateAt: at, FailingSince: at}, delivery.Disabled, time.Time{}},
		{deliveries.EndpointRecord{State: "failing", StateAt: at.Add(time.Hour), FailingSince: at}, delivery.Failing, at},
		{deliveries.EndpointRecord{State: "failing", StateAt: at}, delivery.Failing, at},
	} {
		if h := healthOf(&tc.kept); h.state != tc.state || !h.since.Equal(tc.since) {
			t.Errorf("%+v is taken up as %s since %v", tc.kept, h.state, h.since)
		}
	}
}

// Events that retention removed while an endpoint was failing must not hold up
// others.
func TestWorker_ProbesWithoutDelayWithEventsThatAreLeft(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newSetup(t)
			w := s.register(delivery.Settings{Ordered: ordered}, event.AllTypes)
			for seq := range int64(2000) {
				w.retries.push(delivery.Pending{Seq: 1_000_000 + seq, Attempts: 1, Due: time.Now()}) // of events that are gone
			}
			w.health.enter(delivery.Failing, time.Now())
			w.health.probeAt = time.Time{} // as after a restart
			s.publish(1)
			s.run()
			rest(time.Second)
			if n, _ := s.requests(); n != 1 {
				t.Errorf("ordered %v: a second later %d events are delivered; the status is %+v", ordered, n, w.Status())
			}
		})
	}
}
