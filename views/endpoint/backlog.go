package endpoint

import (
	"time"

	"postern/internal/delivery"
	"postern/views/ui"
)

// Backlog counts the events and retries that are waiting to be sent.
func (e Endpoint) Backlog() string {
	if e.Waiting <= 0 && e.Retrying == 0 {
		return "None"
	}
	s := ui.Counted(max(e.Waiting, 0), "event", "events")
	if e.Estimated {
		s = "about " + s
	}
	if e.Waiting <= 0 {
		s = ""
	}
	if e.Retrying > 0 {
		if s != "" {
			s += " and "
		}
		s += ui.Counted(int64(e.Retrying), "retry", "retries")
	}
	return s
}

// backlogCount counts the backlog in a column.
func (e Endpoint) backlogCount() string {
	count := ui.Count(max(e.Waiting, 0) + int64(e.Retrying))
	if e.Estimated {
		return "about " + count
	}
	return count
}

// backlogTitle describes the backlog in a tooltip.
func (e Endpoint) backlogTitle(now time.Time) string {
	if !e.HasBacklog() {
		return ""
	}
	text := ui.UpperFirst(e.Backlog()) + " waiting."
	if !e.WaitingSince.IsZero() {
		text += " The oldest event arrived " + ui.AgeOf(e.WaitingSince, now) + "."
	}
	return text
}

// HasBacklog reports whether events or retries are waiting to be sent.
func (e Endpoint) HasBacklog() bool { return e.Waiting > 0 || e.Retrying > 0 }

// ResumeLabel is the label of the button that resumes deliveries.
func (e Endpoint) ResumeLabel() string {
	label := "Resume"
	if e.State == delivery.Failing {
		label = "Retry now"
	}
	if e.HasBacklog() {
		label += " (" + e.Backlog() + " waiting)"
	}
	return label
}

// ResumeHelp is the consequence of resuming.
func (e Endpoint) ResumeHelp() string {
	switch {
	case e.State == delivery.Failing:
		return "Deliveries continue at once, without waiting for the next check."
	case e.HasBacklog():
		return "The backlog is sent first, oldest first, then new events."
	default:
		return "The backlog is empty. New events are sent from now on."
	}
}
