package endpoint

import (
	"time"

	"postern/views/ui"
)

// Loss is a number of events that were not delivered, with the reason.
type Loss struct {
	Name  string
	Count int64
	Means string
}

// Losses summarises the events that were not delivered, by reason.
func (e Endpoint) Losses() []Loss {
	storm := "within the storm window"
	if e.Settings.StormSeconds > 0 {
		storm = "within " + ui.Span(time.Duration(e.Settings.StormSeconds)*time.Second)
	}
	var out []Loss
	for _, l := range []Loss{
		{"Exhausted", int64(e.Exhausted), "deliveries failed in every attempt. They can be resent for as long as the events are kept."},
		{"Expired", e.Expired - e.ExpiredRetries,
			"events (matching or not) were removed by retention before this webhook reached them. They can no longer be sent."},
		{"Expired in retry", e.ExpiredRetries, "events were waiting for a retry when retention removed them. They can no longer be sent."},
		{"Skipped", e.Skipped, "events (matching or not) were skipped with the backlog. A replay sends those that match."},
		{"Suppressed", e.Suppressed, "events were suppressed by storm control: each repeated one that was sent " + storm + "."},
	} {
		if l.Count > 0 {
			out = append(out, l)
		}
	}
	return out
}

// RemovalLosses lists what is lost when the webhook is removed.
func (e Endpoint) RemovalLosses() []string {
	var lost []string
	if e.HasBacklog() {
		lost = append(lost, "Its backlog: "+e.Backlog()+".")
	}
	if e.Exhausted > 0 {
		lost = append(lost, ui.Counted(int64(e.Exhausted), "exhausted delivery", "exhausted deliveries")+" that can still be resent.")
	}
	if e.HasSecret() {
		lost = append(lost, "Its secret. A webhook that you register again gets a new secret, which the receiver then needs.")
	}
	return append(lost, "Its settings, and replays in progress.")
}
