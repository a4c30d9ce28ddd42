package views

import (
	"time"

	"postern/internal/event"
)

// Alert is an event of urgent meaning, with who took note of it and when. By
// is empty while it is open. Resolver is the id of the announcement that closed
// it, where no person did.
type Alert struct {
	Event    *event.Event
	By       string
	At       time.Time
	Resolver string
}

// Open reports whether nobody has taken note yet.
func (a Alert) Open() bool { return a.By == "" }

// Taken tells that somebody has taken note: of one event, or of as many as
// Count, at least. Resolved means that recovery closed the alerts: Event is the
// announcement that their state has ended.
type Taken struct {
	By       string
	Event    *event.Event // nil for all up to one
	Count    int64
	AtLeast  bool
	Resolved bool
}

// said says what was taken note of.
func (t Taken) said() string {
	if t.Event != nil {
		return SentenceOf(t.Event).String()
	}
	if t.Count == 0 {
		return "alerts"
	}
	words := Counted(t.Count, "alert", "alerts")
	if t.AtLeast {
		words = "at least " + words
	}
	return words
}

// WhoProps is the page that asks who takes note of an alert.
type WhoProps struct {
	Frame
	// Action is where the form is sent, with Through and Back; Typed is what
	// was sent before, and Problem what is wrong with it.
	Action, Through, Back, Typed, Problem string
}
