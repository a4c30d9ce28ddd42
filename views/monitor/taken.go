package monitor

import (
	"postern/internal/event"
	"postern/views/eventlist"
	"postern/views/ui"
)

// Acknowledged tells that somebody has taken note: of one event, or of as many as
// Count, at least. Resolved means that recovery closed the alerts: Event is the
// announcement that their state has ended.
type Acknowledged struct {
	By       string
	Event    *event.Event // nil for all up to one
	Count    int64
	AtLeast  bool
	Resolved bool
}

// summary says what was taken note of.
func (t Acknowledged) summary() string {
	if t.Event != nil {
		return eventlist.SentenceOf(t.Event).String()
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
