package delivery

import (
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
)

// Attempt is one HTTP request of a delivery.
type Attempt struct {
	Seq int64 // of the event; zero for a test
	// EventID and EventType name the event. They are empty once retention has
	// removed it, and for an attempt that wasn't read from the store.
	EventID   string
	EventType event.Type
	Replay    bool // of an event that was sent again on request
	Number    int  // counts the delivery's attempts, from 1

	At       time.Time     // when it began, to the millisecond
	Duration time.Duration // to the microsecond
	Status   int           // of the response; zero without one
	Class    Class         // ClassNone for success
	Detail   string        // says in a sentence what went wrong; empty for success
	Response string        // the beginning of a failed response's body, at most 4 KiB

	// Timeline is there for failed and slow attempts; nil for the others.
	Timeline *Timeline

	// Row and Entry are where it is stored: a row, and the entry in it, from
	// zero. They never change. Row is zero for an attempt that isn't stored.
	Row   int64
	Entry int
}

// ErasedDetail is the detail of an attempt whose event was erased, or removed by
// retention.
const ErasedDetail = "What went wrong was erased with the event."

// Redact removes the texts that may say something about the event.
func (a *Attempt) Redact() {
	if a.Class != ClassNone {
		a.Detail = ErasedDetail
	}
	a.Response = ""
	if a.Timeline != nil {
		t := *a.Timeline // others may have it
		t.Headers, t.HeadersLeftOut, t.Signed = nil, 0, 0
		a.Timeline = &t
	}
}

// OK reports whether the receiver accepted the event.
func (a *Attempt) OK() bool { return a.Class == ClassNone }

// Answered reports whether the receiver sent a response.
func (a *Attempt) Answered() bool { return a.Status != 0 }

// Ended returns when the attempt ended.
func (a *Attempt) Ended() time.Time { return a.At.Add(a.Duration) }

// ID names the attempt among its endpoint's; empty if it isn't stored.
func (a *Attempt) ID() string {
	if a.Row == 0 {
		return ""
	}
	return "at_" + strconv.FormatInt(a.Row, 10) + "_" + strconv.Itoa(a.Entry)
}

// ParseAttemptID returns the row and entry in an attempt's id.
func ParseAttemptID(s string) (row int64, entry int, ok bool) {
	digits, _ := strings.CutPrefix(s, "at_")
	first, second, _ := strings.Cut(digits, "_")
	row, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	entry, err = strconv.Atoi(second)
	return row, entry, err == nil && (&Attempt{Row: row, Entry: entry}).ID() == s
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes of attempts.
const (
	AnyOutcome       Outcome = ""
	OutcomeDelivered Outcome = "delivered"
	OutcomeFailed    Outcome = "failed"
)

// AttemptFilter selects attempts; its zero value selects all.
type AttemptFilter struct {
	Outcome Outcome
	Class   Class // only failures of this class; ClassNone for any
	Band    Band  // only attempts of this band; BandNone for any
	Replay  bool  // only those of events that were sent again on request
	// Since and Until bound when an attempt began: at or after, and before.
	Since, Until time.Time
}

// Match reports whether the filter selects an attempt.
func (f *AttemptFilter) Match(a *Attempt) bool {
	return !(f.Outcome == OutcomeDelivered && !a.OK()) && !(f.Outcome == OutcomeFailed && a.OK()) &&
		(f.Class == ClassNone || a.Class == f.Class) && (f.Band == BandNone || a.Band() == f.Band) && (!f.Replay || a.Replay) &&
		(f.Since.IsZero() || !a.At.Before(f.Since)) && (f.Until.IsZero() || a.At.Before(f.Until))
}
