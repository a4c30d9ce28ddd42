package worker

import (
	"time"

	"postern/internal/webhook/stats"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Status is an endpoint's state and counts now.
type Status struct {
	State delivery.State
	// StateAt is when the state began, StateCause why, in a sentence; zero
	// if it is the first state.
	StateAt    time.Time
	StateCause string
	// FailingSince is when the failing state began; zero while active.
	FailingSince time.Time
	// NextProbe is when a failing endpoint is probed next; zero while
	// active.
	NextProbe time.Time
	// Cursor is the sequence number up to which every event is settled or
	// waits for a retry, as it is stored.
	Cursor int64
	// Blocking is the id of the event that an ordered webhook's receiver
	// refuses, so that the events behind it wait; empty for none.
	Blocking string
	// Behind is the number of events past the worker's position that match
	// and have not been sent yet. It is Estimated if there are too many to
	// count, not all have been checked yet, or storm control may suppress
	// some.
	Behind    int64
	Estimated bool
	InFlight  int
	Retrying  int
	Exhausted int
	delivery.Counts
	// Last and LastError are the newest attempt and the newest failure; nil
	// if none is recorded. Their events' ids and types are filled in only
	// if they are from before Postern started.
	Last, LastError *delivery.Attempt
	// Hours are the last day's attempts by the hour, the oldest first and
	// the present one last. They outlast restarts.
	Hours []stats.Hour

	position int64         // read through
	caughtUp bool          // nothing after position is for this endpoint, so far
	ahead    int           // events after position that are among Retrying or Exhausted
	filter   *event.Filter // which events are for the endpoint; never changed
	storm    bool
}

// countAttempt counts an attempt.
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

// publish publishes the worker's state for Status.
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
		// The subscription wakes the worker for events that match. So a
		// worker that waits for it has seen all events that match.
		w.status.position, w.status.caughtUp = w.position(), !w.unreadEvents && !w.readFailed && len(w.buffer) == 0
	}
	w.status.InFlight, w.status.Retrying, w.status.Exhausted = len(w.inFlight), w.retries.len(), w.exhausted.Len()
	w.status.ahead = len(w.committedAhead)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shown = w.status
}

// State returns the endpoint's state.
func (w *Worker) State() delivery.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shown.State
}

// Status returns the endpoint's status.
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
