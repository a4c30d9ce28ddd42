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
		{"Exhausted", int64(e.Exhausted), "were tried as often as is worth it and given up. They can be sent again for as long as they are kept."},
		{"Expired", e.Expired - e.ExpiredRetries, "of the log were removed by retention before this webhook came to them, whether they were for it or not. They are gone."},
		{"Expired in retry", e.ExpiredRetries, "failed and waited for another attempt when retention removed them. They are gone."},
		{"Skipped", e.Skipped, "were passed over, matching or not, because a person started from now. A replay sends those that match."},
		{"Suppressed", e.Suppressed, "were held back by storm control, since they repeated one that was sent " + storm + "."},
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
	return "Send what waited (" + e.waiting() + ")"
}

// resumeMeans says what follows from resuming.
func (e Endpoint) resumeMeans() string {
	switch {
	case e.State == StateFailing:
		return "Goes on at once, without waiting for the next probe."
	case e.hasWaiting():
		return "Resumes it: what waited goes first, oldest first, then what comes."
	default:
		return "Nothing waits. What comes is sent from now on."
	}
}

// lostByRemoving says what removing the webhook takes away for good.
func (e Endpoint) lostByRemoving() []string {
	var lost []string
	if e.hasWaiting() {
		lost = append(lost, "What waits to be sent: "+e.waiting()+".")
	}
	if e.Exhausted > 0 {
		lost = append(lost, Counted(int64(e.Exhausted), "exhausted delivery", "exhausted deliveries")+" that could be sent again.")
	}
	if e.HasSecret() {
		lost = append(lost, "Its secret: registered anew, it gets another, and the receiver has to be told.")
	}
	return append(lost, "Its settings, and replays that are under way.")
}
