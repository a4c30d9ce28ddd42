package monitor

import (
	"context"

	"postern/internal/event"
	"postern/views/eventlist"
	"postern/views/ui"
)

// Acknowledged reports an acknowledgement of one alert, or of Count alerts or more.
// Resolved means that recovery closed the alerts; Event is then the event that reports
// the recovery.
type Acknowledged struct {
	By       string
	Event    *event.Event // nil for all up to one
	Count    int64
	AtLeast  bool
	Resolved bool
}

// summary names the acknowledged alerts.
func (t Acknowledged) summary(ctx context.Context) string {
	if t.Event != nil {
		return eventlist.SentenceOf(t.Event).Plain(ctx)
	}
	if t.Count == 0 {
		return "alerts"
	}
	words := ui.Counted(t.Count, "alert", "alerts")
	if t.AtLeast {
		words = "at least " + words
	}
	return words
}
