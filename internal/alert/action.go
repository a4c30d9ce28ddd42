package alert

import "time"

// Act is a person's act: who, and a note of theirs. The note may be empty.
type Act struct{ By, Note string }

// ResolvedBy is the name in Acknowledgement.By of an alert that an announcement of
// Postern's closed.
const ResolvedBy = "Postern"

// Acknowledgement is who acknowledged an alert, and when. The zero value is that of
// an open alert.
type Acknowledgement struct {
	By string
	At time.Time
	// Note is what the person noted; empty for none.
	Note string
	// Resolver is the id of the announcement that closed the alert, since its
	// state has ended; empty if a person acknowledged it.
	Resolver string
}

// Open reports whether the alert is not acknowledged.
func (a Acknowledgement) Open() bool { return a.By == "" }

// ActionKind says what a person did with alerts.
type ActionKind string

// The kinds of actions. The names are part of the API and never change.
const (
	Acknowledged ActionKind = "acknowledged"
	Assigned     ActionKind = "assigned"
	Released     ActionKind = "released" // of the assignment
)

// Action is something that a person did with alerts.
type Action struct {
	// N is the number of the record; zero before it is saved.
	N     int64
	At    time.Time
	Actor string
	Kind  ActionKind
	// Cause and Camera are those of all the alerts; zero and empty where they differ.
	Cause  CauseID
	Camera string
	// Alerts counts the alerts. First and Last are the least and the greatest of
	// their sequence numbers.
	Alerts, First, Last int64
	Assignee            string
	Note                string
}

// Add counts one more alert.
func (a *Action) Add(seq int64, cause CauseID, camera string) {
	if a.Alerts == 0 {
		a.Cause, a.Camera, a.First = cause, camera, seq
	}
	if a.Cause != cause {
		a.Cause = 0
	}
	if a.Camera != camera {
		a.Camera = ""
	}
	a.Alerts++
	a.Last = seq
}
