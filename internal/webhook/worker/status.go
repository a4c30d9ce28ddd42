package worker

import (
	"time"

	"postern/internal/webhook/stats"

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
	delivery.Counts
	// Last and LastError are the newest attempt and the newest failure; nil
	// where none is on record. The event's id and type are filled in only
	// where they are from before Postern started.
	Last, LastError *delivery.Attempt
	// Hours are the last day's tries by the hour, the oldest first and the one
	// under way last; kept across restarts.
	Hours []stats.Hour

	position int64         // read through
	caughtUp bool          // nothing after position is for this endpoint, so far
	ahead    int           // events after position that are among Retrying or Exhausted
	filter   *event.Filter // which events are for the endpoint; never changed
	storm    bool
}

// note takes an attempt into account.
func (w *Worker) countAttempt(a delivery.Attempt) {
	s := &w.status
	s.Last = &a
	if a.OK() {
		s.Delivered++
	} else {
		s.Failed++
		s.LastError = &a
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hours.Note(a.Ended(), a.Duration, a.OK())
}

// lastDetail describes the newest failed attempt.
func (w *Worker) lastDetail() string {
	if w.status.LastError == nil {
		return ""
	}
	return w.status.LastError.Detail
}

// publish shows the lane's state to others.
func (w *Worker) publish() {
	w.status.State = w.health.state
	w.status.FailingSince, w.status.NextProbe = w.health.since, time.Time{}
	if w.health.failing() {
		w.status.NextProbe = w.nextProbeAt()
	}
	w.status.Blocking = ""
	if w.blocking != nil {
		w.status.Blocking = w.blocking.ID
	}
	if w.sub != nil {
		// The subscription wakes the lane for what matches, so that one
		// which waits to be woken has seen all that is for it.
		w.status.position, w.status.caughtUp = w.position(), !w.unreadEvents && !w.readFailed && len(w.buffer) == 0
	}
	w.status.InFlight, w.status.Retrying, w.status.Exhausted = len(w.inFlight), w.retries.len(), w.exhausted.Len()
	w.status.ahead = len(w.committedAhead)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shown = w.status
}

// state returns what the lane is doing.
func (w *Worker) State() delivery.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shown.State
}

// snapshot returns how the lane is doing.
func (w *Worker) Status() Status {
	w.mu.Lock()
	s := w.shown
	s.Hours = w.hours.Hours(time.Now())
	w.mu.Unlock()
	if s.caughtUp {
		return s
	}
	// Events that retention removed during a pause are counted as lost now, not
	// when a person resumes the webhook.
	s.Expired += max(0, w.hub.First()-1-s.position)
	s.Behind, s.Estimated = w.backlog.Count(w.store, w.hub, s.filter, s.position, w.shared.Counting)
	s.Behind = max(0, s.Behind-int64(s.ahead))
	s.Estimated = s.Estimated || s.storm && s.Behind > 0
	return s
}
