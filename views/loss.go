package views

import "time"

// Loss is a number of events that were not delivered, with what that means.
type Loss struct {
	Name  string
	Count int64
	Means string
}

// losses are what was not delivered, where there is any.
func (e Endpoint) losses() []Loss {
	storm := "within the storm window"
	if e.Settings.StormSeconds > 0 {
		storm = "within " + Span(time.Duration(e.Settings.StormSeconds)*time.Second)
	}
	var out []Loss
	for _, l := range []Loss{
		{"Exhausted", int64(e.Exhausted), "deliveries failed in every attempt. They can be resent for as long as the events are kept."},
		{"Expired", e.Expired - e.ExpiredRetries, "events, matching or not, were removed by retention before this webhook reached them. They can't be sent any more."},
		{"Expired in retry", e.ExpiredRetries, "events were waiting for a retry when retention removed them. They can't be sent any more."},
		{"Skipped", e.Skipped, "events, matching or not, were skipped when somebody started from now. A replay sends those that match."},
		{"Suppressed", e.Suppressed, "events were suppressed by storm control: each repeated one that was sent " + storm + "."},
	} {
		if l.Count > 0 {
			out = append(out, l)
		}
	}
	return out
}

// hasWaiting reports whether anything waits to be sent.
func (e Endpoint) hasWaiting() bool { return e.Waiting > 0 || e.Retrying > 0 }

// resumeWords says what resuming does.
func (e Endpoint) resumeWords() string {
	if !e.hasWaiting() {
		return "Resume"
	}
	return "Send the backlog (" + e.waiting() + ")"
}

// resumeMeans says what follows from resuming.
func (e Endpoint) resumeMeans() string {
	switch {
	case e.State == StateFailing:
		return "Deliveries continue at once, without waiting for the next probe."
	case e.hasWaiting():
		return "The backlog is sent first, oldest first, then new events."
	default:
		return "The backlog is empty. New events are sent from now on."
	}
}

// lostByRemoving says what removing the webhook takes away for good.
func (e Endpoint) lostByRemoving() []string {
	var lost []string
	if e.hasWaiting() {
		lost = append(lost, "Its backlog: "+e.waiting()+".")
	}
	if e.Exhausted > 0 {
		lost = append(lost, Counted(int64(e.Exhausted), "exhausted delivery", "exhausted deliveries")+" that could be resent.")
	}
	if e.HasSecret() {
		lost = append(lost, "Its secret: a webhook that is registered again gets another one, which the receiver needs.")
	}
	return append(lost, "Its settings, and replays in progress.")
}
