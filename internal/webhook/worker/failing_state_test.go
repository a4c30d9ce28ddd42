package worker

import (
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/store"
)

// A store that says failing but not since when is believed as far as it
// goes.
func TestFailingSinceIsNeverUnknown(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	for _, tc := range []struct {
		kept  store.EndpointRecord
		state delivery.State
		since time.Time
	}{
		{store.EndpointRecord{}, delivery.Active, time.Time{}},
		{store.EndpointRecord{State: "active", StateAt: at, FailingSince: at}, delivery.Active, time.Time{}},
		{store.EndpointRecord{State: "paused", StateAt: at, FailingSince: at}, delivery.Paused, time.Time{}},
		{store.EndpointRecord{State: "disabled", StateAt: at, FailingSince: at}, delivery.Disabled, time.Time{}},
		{store.EndpointRecord{State: "failing", StateAt: at.Add(time.Hour), FailingSince: at}, delivery.Failing, at},
		{store.EndpointRecord{State: "failing", StateAt: at}, delivery.Failing, at},
	} {
		if h := healthOf(&tc.kept); h.state != tc.state || !h.since.Equal(tc.since) {
			t.Errorf("%+v is taken up as %s since %v", tc.kept, h.state, h.since)
		}
	}
}
