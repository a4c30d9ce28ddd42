package worker

import (
	"time"

	"postern/internal/webhook/stats"

	"postern/internal/delivery"
)

// Status is an endpoint's state and counts now.
type Status struct {
	State delivery.State
	// StateAt is when the state began, StateCause why, in a sentence; zero
	// if it is the first state.
	StateAt    time.Time
	StateCause string
	// Degraded says why an active endpoint is degraded; zero if it isn't.
	Degraded stats.Degradation
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
	// WaitingSince is when the oldest event arrived that waits for its first
	// attempt or for a retry; zero without one, and where it isn't known.
	WaitingSince time.Time
	InFlight     int
	Retrying     int
	Exhausted    int
	delivery.Counts
	// Last and LastError are the newest attempt and the newest failure; nil
	// if none is recorded. Their events' ids and types are filled in only
	// if they are from before Postern started.
	Last, LastError *delivery.Attempt
	// Hours are the last day's attempts by the hour, the oldest first and
	// the present one last. They outlast restarts.
	Hours []stats.Hour

	position    int64 // read through
	caughtUp    bool  // nothing after position is for this endpoint, so far
	oldestRetry int64 // the lowest sequence number among Retrying; zero for none
	ahead       int   // events after position that are among Retrying or Exhausted
	storm       bool
	// selection says which events are for the endpoint; it is never changed, and nil
	// where the settings can't be read.
	selection *delivery.Selection
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
	w.recent.Note(a.Ended(), a.Duration, a.OK(), w.settings.Ordered, &w.hours)
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
	w.noteOldestRetry()
	w.status.ahead = len(w.committedAhead)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shown.State != w.status.State {
		w.recent = stats.Recent{} // a state is judged by its own attempts
	}
	w.shown = w.status
}

// oldestRetryAge is the age after which oldestRetry is looked for again.
const oldestRetryAge = time.Second

// noteOldestRetry finds the lowest sequence number that waits for a retry, seldom
// enough to cost nothing.
func (w *Worker) noteOldestRetry() {
	if w.retries.len() == 0 {
		w.status.oldestRetry, w.oldestRetryAt = 0, time.Time{}
		return
	}
	if now := time.Now(); w.status.oldestRetry == 0 || now.Sub(w.oldestRetryAt) >= oldestRetryAge {
		w.status.oldestRetry, w.oldestRetryAt = w.retries.heap[w.retries.lowest()].Seq, now
	}
}

// State returns the endpoint's state.
func (w *Worker) State() delivery.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shown.State
}

// Shown returns the state that people see, which is Degraded for an active endpoint
// that is, with its beginning and its cause.
func (s *Status) Shown() (state delivery.State, since time.Time, cause string) {
	if s.State != delivery.Active || s.Degraded.Since.IsZero() {
		return s.State, s.StateAt, s.StateCause
	}
	var detail string
	if s.LastError != nil {
		detail = s.LastError.Detail
	}
	return delivery.Degraded, s.Degraded.Since, s.Degraded.Cause(detail)
}

// Status returns the endpoint's status.
func (w *Worker) Status() Status {
	w.mu.Lock()
	s, now := w.shown, time.Now()
	s.Hours = w.hours.Hours(now)
	s.Degraded, _ = w.recent.Degraded(now)
	w.mu.Unlock()
	if s.caughtUp {
		s.WaitingSince = w.backlog.WaitingSince(w.hub, s.oldestRetry, w.shared.Counting)
		return s
	}
	// Events that retention removed during a pause are counted as lost now, not
	// when a person resumes the webhook.
	s.Expired += max(0, w.hub.First()-1-s.position)
	s.Behind, s.Estimated = w.backlog.Count(w.store, w.hub, s.selection, s.position, w.shared.Counting)
	s.Behind = max(0, s.Behind-int64(s.ahead))
	s.WaitingSince = w.backlog.WaitingSince(w.hub, w.backlog.oldest(s.oldestRetry), w.shared.Counting)
	s.Estimated = s.Estimated || s.storm && s.Behind > 0
	return s
}
