package webhook

import (
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Status is how an endpoint is doing at this moment.
type Status struct {
	State delivery.State
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
	Last, LastError *delivery.Attempt
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
func (l *lane) note(a delivery.Attempt) {
	s := &l.status
	s.Last = &a
	if a.OK() {
		s.Delivered++
	} else {
		s.Failed++
		s.LastError = &a
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.day.note(a.Ended(), a.Duration, a.OK())
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
func (l *lane) state() delivery.State {
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
