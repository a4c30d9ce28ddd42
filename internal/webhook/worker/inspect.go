package worker

import (
	"context"
	"time"

	"postern/internal/delivery"
	"postern/internal/hub"
	"postern/internal/store"
)

// Inspector gives tests of the service access to a worker's state. Except for
// Endpoint, its methods are for a worker whose goroutine is idle or not started.
type Inspector struct{ w *Worker }

// Inspect returns the worker's inspector.
func (w *Worker) Inspect() Inspector { return Inspector{w} }

// Endpoint returns the endpoint as the worker uses it; nil if the worker has
// stopped.
func (i Inspector) Endpoint() (e *store.EndpointRecord) {
	done := make(chan struct{})
	if i.w.inbox.post(func() { e = i.w.endpoint; close(done) }) {
		<-done
	}
	return e
}

// Subscription returns the subscription to new events.
func (i Inspector) Subscription() *hub.Subscription { return i.w.sub }

// Concurrency returns how many requests may run at once now.
func (i Inspector) Concurrency() int { return i.w.concurrencyLimit.size() }

// CommittedAhead returns the number of events after the cursor that have a row in
// pending.
func (i Inspector) CommittedAhead() int { return len(i.w.committedAhead) }

// AttemptNotes returns the number of deliveries that the worker has a note of.
func (i Inspector) AttemptNotes() int { return len(i.w.attemptNotes) }

// Replays returns the number of replays that run.
func (i Inspector) Replays() int { return len(i.w.replays) }

// QueueRetry queues a retry.
func (i Inspector) QueueRetry(p delivery.Pending) { i.w.retries.push(p) }

// BeginFailing puts the endpoint into the failing state, with a probe that is due.
func (i Inspector) BeginFailing(at time.Time) {
	i.w.health.enter(delivery.Failing, at)
	i.w.health.probeAt = time.Time{} // as after a restart
}

// ReadReplay reads the log for a replay until it finds an event, in at most the
// given number of rounds. It returns the event's number, zero for none, and the
// rounds before it.
func (i Inspector) ReadReplay(ctx context.Context, r *delivery.Replay, most int) (seq int64, rounds int, err error) {
	w := i.w
	if err := w.load(ctx); err != nil {
		return 0, 0, err
	}
	defer w.sub.Close()
	w.addReplay(r)
	defer func() {
		w.replays[0].sub.Close()
		w.replays = nil
	}()
	for ; rounds < most; rounds++ {
		w.replayUnread = false
		if t := w.takeReplay(ctx); t != nil {
			return t.Event.Seq, rounds, nil
		}
		if !w.replayUnread {
			break // the worker believes that there is nothing more
		}
	}
	return 0, rounds, nil
}

// TakeCommands takes the commands out of the inbox and returns their number.
func (i Inspector) TakeCommands() int { return len(i.w.inbox.take()) }

// CloseInbox stops the worker from accepting commands.
func (i Inspector) CloseInbox() { i.w.inbox.close() }
