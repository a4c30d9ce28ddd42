package webhooks

import (
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/views/endpoint"
)

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

func TestReplayInWords(t *testing.T) {
	r := Replay{delivery.Replay{After: 100, Through: 300, Position: 299, Sent: 1204, Failed: 2}}
	if r.percent() != "99 %" || r.state(endpoint.Endpoint{State: delivery.Active}) != "Running" ||
		r.state(endpoint.Endpoint{State: delivery.Paused}) != "Waiting" ||
		r.counts() != "1,204 sent, 2 failed" || r.types() != "All matching events" {
		t.Error(r.percent(), r.state(endpoint.Endpoint{}), r.counts(), r.types())
	}
	empty := Replay{delivery.Replay{After: 7, Through: 7, EndedAt: noon}}
	if empty.percent() != "100 %" || empty.state(endpoint.Endpoint{}) != "Completed" {
		t.Error(empty.percent(), empty.state(endpoint.Endpoint{}))
	}
	if got := (Replay{delivery.Replay{EndedAt: noon, Stopped: true}}).state(endpoint.Endpoint{}); got != "Stopped" {
		t.Error(got)
	}
	over := make([]Replay, 9)
	for i := range over {
		over[i].EndedAt = noon
	}
	if got := len(shown(append(over, Replay{delivery.Replay{ID: "runs"}}))); got != shownReplays+1 {
		t.Errorf("%d replays are shown", got)
	}
}

func TestDryRunSaysHowMany(t *testing.T) {
	for want, d := range map[string]DryRun{
		"1 event would be resent.":      {Count: 1},
		"1,204 events would be resent.": {Count: 1204},
		"No event since then matches this webhook, so there is nothing to resend.":      {},
		"At least 90,000 events would be resent; there are too many to count them all.": {Count: 90000, AtLeast: true},
	} {
		if got := d.summary(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (DryRun{}).consequence(endpoint.Endpoint{State: delivery.Paused}); !strings.Contains(got, "before the webhook is resumed") {
		t.Error(got)
	}
}
