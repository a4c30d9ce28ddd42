package worker

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
	"postern/internal/store/requests"
)

// ErrNotWaiting means that an event doesn't wait for a retry at a webhook.
var ErrNotWaiting = problem.New(problem.Conflict,
	"This event doesn't wait for a retry at this webhook. It may have been delivered or exhausted meanwhile.")

// ErrStopped means that the worker has stopped, so that it accepts no commands.
var ErrStopped = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "Postern is stopping. Send the request again in a moment.",
	RetryAfter: 5 * time.Second,
	Cause:      errors.New("the delivery workers are stopping"),
}

const (
	// ApplyTimeout bounds the wait for workers to apply a command whose effect is
	// stored already.
	ApplyTimeout = time.Second
	// CommandTimeout bounds the wait for a command's effect to be stored.
	CommandTimeout = 10 * time.Second
)

// execute has the worker execute a command, and returns its result once its effect
// is stored.
func (w *Worker) execute(ctx context.Context, command func() int) (int, error) {
	r := requests.Of(ctx)
	stored, result := make(chan error, 1), 0
	if !w.inbox.post(func() {
		result = command()
		w.batch.waiters = append(w.batch.waiters, stored)
		if r != nil {
			w.batch.Requests = append(w.batch.Requests, deliveries.SettledRequest{Request: r, Resent: result})
		}
	}) {
		return 0, ErrStopped
	}
	ctx, cancel := context.WithTimeout(ctx, CommandTimeout)
	defer cancel()
	select {
	case err := <-stored:
		return result, err
	case <-w.inbox.ended:
		return 0, ErrStopped
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Resend sends an event again, whether it matches the endpoint or not. Its error
// may be ErrStopped.
func (w *Worker) Resend(ctx context.Context, e *event.Event) error {
	_, err := w.execute(ctx, func() int {
		if w.comesInTurn(e) {
			return 0
		}
		return w.resend([]int64{e.Seq}, time.Now())
	})
	return err
}

// ResendExhausted sends all exhausted events again, and returns their number.
func (w *Worker) ResendExhausted(ctx context.Context) (int, error) {
	return w.execute(ctx, func() int { return w.resend(w.exhausted.Sorted(), time.Now()) })
}

// SetAside exhausts the delivery of an event that waits for a retry. A delivery in
// flight is exhausted if it fails. Its errors are ErrNotWaiting and ErrStopped.
func (w *Worker) SetAside(ctx context.Context, seq int64) error {
	found, err := w.execute(ctx, func() int {
		if !w.setAside(seq, time.Now()) {
			return 0
		}
		return 1
	})
	if err == nil && found == 0 {
		return ErrNotWaiting
	}
	return err
}

// Update has the worker use new settings of its endpoint.
func (w *Worker) Update(e *deliveries.EndpointRecord) {
	w.inbox.post(func() { w.update(e) })
}

// BeginReplay begins a stored replay. It reports false if the worker has stopped.
func (w *Worker) BeginReplay(r *delivery.Replay) bool {
	return w.inbox.post(func() { w.beginReplay(r) })
}

// StopReplay stops a replay whose end is stored already.
func (w *Worker) StopReplay(id string) {
	w.inbox.post(func() {
		for _, r := range w.replays {
			if r.kept.ID == id {
				r.done = true
			}
		}
	})
}

// Apply applies a stored state that a person chose; skipTo, unless zero, skips the
// backlog up to it. The channel is closed once the worker has applied the state; see
// Stopped.
func (w *Worker) Apply(to delivery.State, change delivery.StateChange, skipTo int64) <-chan struct{} {
	return w.do(func() { w.applyState(to, change, skipTo) })
}

// Redact replaces copies of events that were redacted or removed. The channel is
// closed once the worker holds no old copy; see Stopped.
func (w *Worker) Redact(bySeq map[int64]*event.Event) <-chan struct{} {
	return w.do(func() { w.redact(bySeq) })
}

// do posts a command. The channel is closed once it is executed, or at once if the
// worker has stopped.
func (w *Worker) do(command func()) <-chan struct{} {
	done := make(chan struct{})
	if !w.inbox.post(func() {
		command()
		close(done)
	}) {
		return w.inbox.ended
	}
	return done
}

// Stopped is closed once the worker executes no more commands.
func (w *Worker) Stopped() <-chan struct{} { return w.inbox.ended }

// comesInTurn reports whether an ordered worker has yet to reach an event of the
// log. Resending it now would send it out of order, and if it failed, block the
// events before it.
func (w *Worker) comesInTurn(e *event.Event) bool {
	return w.settings.Ordered && e.Seq > w.position() && !w.committedAhead[e.Seq] && w.selection.Match(e) && w.settings.StormSeconds == 0
}

// resend queues events for an attempt that is due now, and returns their number.
func (w *Worker) resend(seqs []int64, now time.Time) int {
	for _, seq := range seqs {
		if w.retries.has(seq) {
			w.retries.hurry(seq, now)
			continue
		}
		if _, sending := w.inFlight[taskKey{seq: seq}]; sending {
			continue
		}
		p := delivery.Pending{Seq: seq, Due: now, Replay: true}
		w.exhausted.Remove(seq)
		w.put(p)
		w.retries.push(p)
		if seq > w.position() {
			w.committedAhead[seq] = true // the log will yield it again
		}
	}
	return len(seqs)
}

// applyState takes a state that a person chose.
func (w *Worker) applyState(to delivery.State, change delivery.StateChange, skipTo int64) {
	if to != w.health.state {
		w.status.StateAt, w.status.StateCause = change.At, change.Cause
	}
	w.health.enter(to, change.At)
	w.batch.State = nil // a person's choice overrides what the worker has found
	if to == delivery.Active {
		// Override also a state of the worker's that was stored since. The store
		// itself protects a person's other choices.
		again := NewStateChange(w.endpoint.ID, to, event.WebhookResumed, later(time.Now(), change.At.Add(time.Microsecond)), change.Cause)
		w.batch.State = &again
	}
	w.concurrencyLimit = newConcurrencyLimiter(w.settings.Concurrency())
	w.unreadEvents = true
	if skipTo > w.position() {
		w.status.Skipped += skipTo - w.position()
		w.readFrom(skipTo)
	}
	if skipTo > 0 {
		w.skipRetries(skipTo)
	}
	w.publish()
}

// skipRetries drops the deliveries that wait for a retry.
func (w *Worker) skipRetries(skipTo int64) {
	w.status.Skipped += int64(w.retries.len())
	// A settlement on its way may store some of them; the next removes them.
	dropped := w.retries.clear()
	w.batch.done(dropped...)
	slices.Sort(dropped)
	for _, seq := range dropped { // those that weren't stored yet; of the others the store knows
		w.batch.unsent(delivery.UnsentSkipped, seq, time.Now())
	}
	clear(w.attemptNotes)
	w.blocking = nil
	// The log may yield later events again. A dropped one is then new; one in
	// flight must not be sent twice.
	for _, seq := range dropped {
		delete(w.committedAhead, seq)
	}
	maps.DeleteFunc(w.committedAhead, func(seq int64, _ bool) bool { return seq <= skipTo })
}
