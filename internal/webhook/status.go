package webhook

import (
	"time"

	"postern/internal/event"
	"postern/internal/store"
)

// Status is how an endpoint is doing at this moment.
type Status struct {
	State State
	// StateAt is since when, and StateCause why in words; zero where it has
	// been so from the beginning.
	StateAt    time.Time
	StateCause string
	// FailingSince is when the failing state began; zero while active.
	FailingSince time.Time
	// NextProbe is when a failing endpoint is tried next; zero while active.
	NextProbe time.Time
	// Cursor is the sequence number up to which everything is settled or
	// waits for a retry, as the store has it.
	Cursor int64
	// Blocking is the id of the event that an ordered webhook's receiver
	// refuses, so that the events behind it wait; empty for none.
	Blocking string
	// Behind is the number of events that wait to be sent for the first time:
	// those past the lane's position that are for the endpoint. It is Estimated
	// where there are too many to count, not all have been checked yet, or
	// storm control may suppress some.
	Behind    int64
	Estimated bool
	InFlight  int
	Retrying  int
	Exhausted int
	// Delivered, Failed and Expired count deliveries that arrived, attempts
	// that failed, and events that retention removed undelivered: those of the
	// log, matching or not, that the lane had not looked at, and
	// ExpiredRetries deliveries that waited for a retry.
	Delivered, Failed, Expired, ExpiredRetries int64
	// Suppressed counts events that storm control held back, Skipped those of
	// the log, matching or not, that a person chose to pass over.
	Suppressed, Skipped int64
	// Last and LastError are the newest attempt and the newest failure; nil
	// where none is on record. The event's id and type are filled in only
	// where they are from before Postern started.
	Last, LastError *Attempt
	// Hours are the last day's tries by the hour, the oldest first and the one
	// under way last; kept across restarts.
	Hours []Hour

	position int64         // read through
	caughtUp bool          // nothing after position is for this endpoint, so far
	ahead    int           // events after position that are among Retrying or Exhausted
	filter   *event.Filter // which events are for the endpoint; never changed
	storm    bool
}

// note takes an attempt into account.
func (l *lane) note(a store.Attempt) {
	s, public := &l.status, publicAttempt(a)
	s.Last = &public
	if public.OK {
		s.Delivered++
	} else {
		s.Failed++
		s.LastError = &public
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.day.note(a.At.Add(a.Duration), a.Duration, public.OK)
}

// lastDetail describes the newest failed attempt.
func (l *lane) lastDetail() string {
	if l.status.LastError == nil {
		return ""
	}
	return l.status.LastError.Detail
}

// publish shows the lane's state to others.
func (l *lane) publish() {
	l.status.State = l.health.state
	l.status.FailingSince, l.status.NextProbe = l.health.since, time.Time{}
	if l.health.failing() {
		l.status.NextProbe = l.nextProbeAt()
	}
	l.status.Blocking = ""
	if l.blocking != nil {
		l.status.Blocking = l.blocking.ID
	}
	if l.sub != nil {
		// The subscription wakes the lane for what matches, so that one
		// which waits to be woken has seen all that is for it.
		l.status.position, l.status.caughtUp = l.position(), !l.more && !l.unread && len(l.buffer) == 0
	}
	l.status.InFlight, l.status.Retrying, l.status.Exhausted = len(l.inFlight), l.waiting.len(), l.exhausted.Len()
	l.status.ahead = len(l.ahead)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown = l.status
}

// state returns what the lane is doing.
func (l *lane) state() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shown.State
}

// snapshot returns how the lane is doing.
func (l *lane) snapshot() Status {
	l.mu.Lock()
	s := l.shown
	s.Hours = l.day.hours(time.Now())
	l.mu.Unlock()
	if s.caughtUp {
		return s
	}
	// Events that retention removed during a pause are counted as lost now, not
	// when a person resumes the webhook.
	s.Expired += max(0, l.hub.First()-1-s.position)
	s.Behind, s.Estimated = l.backlog.count(l.store, l.hub, s.filter, s.position, l.counting)
	s.Behind = max(0, s.Behind-int64(s.ahead))
	s.Estimated = s.Estimated || s.storm && s.Behind > 0
	return s
}

// Attempt is one try at delivering one event.
type Attempt struct {
	// EventID and EventType name the event; empty and zero once retention
	// has removed it.
	EventID   string
	EventType event.Type
	// ID names the attempt among its webhook's; empty where it isn't kept.
	ID       string
	Seq      int64
	At       time.Time
	Duration time.Duration
	Try      int // from 1
	OK       bool
	Status   int // of the response; zero without one
	Class    Class
	// Detail says what went wrong in a sentence; Response is the beginning
	// of a failed response's body, at most 4 KiB.
	Detail   string
	Response string
	// Replay says that a person asked for it again.
	Replay bool
}

func publicAttempt(a store.Attempt) Attempt {
	out := Attempt{
		Seq: a.Seq, At: a.At, Duration: a.Duration, Try: a.Try, Status: a.Status,
		Class: Class(a.Class), OK: a.Class == uint8(ClassNone), Detail: a.Detail, Response: a.Response, Replay: a.Replay,
	}
	if a.Row > 0 {
		out.ID = formatAttemptID(a)
	}
	if a.Event != nil {
		out.EventID, out.EventType = a.Event.ID, a.Event.Type
	}
	return out
}
