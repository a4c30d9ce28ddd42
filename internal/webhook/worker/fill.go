package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store/deliveries"
)

// halted reports whether no requests are sent: a person has paused the
// endpoint, or it is disabled.
func (w *Worker) halted() bool {
	return w.health.state.Suspended()
}

// fill starts deliveries: retries that are due first, then new events, then
// replays. It sets fillAt to the time at which it is worth calling again if
// nothing happens; zero for never.
func (w *Worker) fill(ctx, sending context.Context) {
	now := time.Now()
	w.fillAt, w.replayUnread = time.Time{}, false
	switch {
	case w.unsettled() >= MaxUnsettled || w.halted():
		// The store has to catch up, or a person has to resume the
		// endpoint.
		return
	case w.health.failing():
		w.probe(ctx, sending, now)
		return
	case w.concurrencyLimit.until.After(now):
		w.fillAt = w.concurrencyLimit.until
		return
	}
	if w.health.doubtful() {
		if until := w.health.doubtUntil(now); until.After(now) {
			w.fillAt = until
		} else {
			w.fail(now, w.failingCause())
			return
		}
	}
	for w.hasRoom() {
		if w.rateLimit.next.After(now) {
			w.fillAt = sooner(w.fillAt, w.rateLimit.next)
			return
		}
		d := w.takeNext(ctx, now)
		if d == nil {
			if due, _ := w.nextDue(); w.replayUnread {
				w.fillAt = now
			} else {
				w.fillAt = sooner(w.fillAt, due)
			}
			return
		}
		w.deliver(sending, d, now)
	}
}

// probe sends a failing endpoint one request at a time. Attempts are spent on
// events, not on outages.
func (w *Worker) probe(ctx, sending context.Context, now time.Time) {
	if w.health.over(now) {
		w.changeState(delivery.Disabled, event.WebhookDisabled, now, "It has been failing for five days.")
		return
	}
	if len(w.inFlight) > 0 {
		return
	}
	if at := w.nextProbeAt(); at.After(now) {
		w.fillAt = at
		return
	}
	// Events that retention has removed are skipped; an event that can't be
	// read delays the probe.
	for !w.health.probeAt.After(now) {
		d, more := w.takeProbe(ctx)
		if d != nil {
			w.deliver(sending, d, now)
			return
		}
		if !more {
			// A success was the last event to send for now.
			if at := w.health.recoverAt(); !w.health.recovering() {
				return
			} else if w.retries.len() > 0 && at.After(now) {
				w.fillAt = at
			} else {
				w.recover(now)
			}
			return
		}
	}
	w.fillAt = w.health.probeAt
}

// nextProbeAt returns when a failing endpoint may be probed. A probe respects
// Retry-After and the rate limit, like any other request.
func (w *Worker) nextProbeAt() time.Time {
	return later(later(w.health.probeAt, w.concurrencyLimit.until), w.rateLimit.next)
}

// takeProbe returns the delivery to probe with; more means that the caller may
// ask for another. Probes alternate between the retries, each in its turn, and
// a new event. This shows whether a receiver that refuses some events accepts
// others. An ordered worker that sets events aside alternates between the
// oldest event and the first that isn't known to be refused, which may be a new
// one.
func (w *Worker) takeProbe(ctx context.Context) (d *task, more bool) {
	ordered := w.settings.Ordered
	onlyNew := w.health.recovering() && !ordered // the waiting ones follow after the recovery
	fresh := w.probeNew || onlyNew || w.retries.len() == 0
	w.probeNew = !fresh && (!ordered || w.setsAside())
	if fresh {
		if ordered {
			if p, ok := w.notRefused(); ok {
				return w.retry(ctx, p), true
			}
		}
		if d := w.takeLive(ctx); d != nil || onlyNew {
			return d, d != nil
		}
	}
	var p delivery.Pending
	ok := false
	if !ordered {
		p, ok = w.retries.after(w.lastProbe)
	}
	if !ok {
		if p, ok = w.retries.oldest(); !ok {
			return nil, false
		}
	}
	if d = w.retry(ctx, p); d != nil {
		w.lastProbe = p.Seq
	}
	return d, true
}

// maxInFlight is the maximum number of requests in flight.
func (w *Worker) maxInFlight() int {
	if w.health.doubtful() {
		return min(w.concurrencyLimit.size(), doubtfulInFlight)
	}
	return w.concurrencyLimit.size()
}

// hasRoom reports whether another request may run, by number and by bytes.
func (w *Worker) hasRoom() bool {
	n := len(w.inFlight)
	return n == 0 || n < w.maxInFlight() && w.bytesInFlight < inFlightReads*w.hub.ReadBytes()
}

// takeNext returns the next delivery to send; nil if there is none now.
func (w *Worker) takeNext(ctx context.Context, now time.Time) *task {
	if w.settings.Ordered {
		// A retry holds back all events behind it.
		for {
			p, ok := w.retries.oldest()
			if !ok {
				break
			}
			if p.Due.After(now) {
				w.retries.push(p)
				return nil
			}
			if d := w.retry(ctx, p); d != nil {
				return d
			}
		}
		return w.takeNew(ctx)
	}
	// Retries and new events take turns, so that many refused events don't
	// block the others.
	w.retryTurn = !w.retryTurn
	if w.retryTurn {
		if d := w.takeDue(ctx, now); d != nil {
			return d
		}
		return w.takeNew(ctx)
	}
	if d := w.takeLive(ctx); d != nil {
		return d
	}
	if d := w.takeDue(ctx, now); d != nil {
		return d
	}
	return w.takeReplay(ctx)
}

// takeNew returns the next delivery of a new event, or else of a replay.
func (w *Worker) takeNew(ctx context.Context) *task {
	if d := w.takeLive(ctx); d != nil {
		return d
	}
	return w.takeReplay(ctx)
}

// takeDue returns the next retry that is due.
func (w *Worker) takeDue(ctx context.Context, now time.Time) *task {
	for {
		p, ok := w.retries.due(now)
		if !ok {
			return nil
		}
		if d := w.retry(ctx, p); d != nil {
			return d
		}
	}
}

// takeLive returns the next new event's delivery.
func (w *Worker) takeLive(ctx context.Context) *task {
	for w.unsettled() < MaxUnsettled {
		if len(w.buffer) == 0 && !w.read(ctx) {
			return nil
		}
		e := w.buffer[0]
		w.buffer = w.buffer[1:]
		switch {
		case e.IsRemoved():
			w.expired(1)
			w.batch.unsent(delivery.UnsentExpired, e.Seq, e.Received)
			continue
		case w.committedAhead[e.Seq]:
			delete(w.committedAhead, e.Seq)
			continue
		case w.selection.DecideFiltered(e) != delivery.NoRule: // the subscription has the filter
			continue
		}
		// By the time of arrival, so that storm control suppresses as
		// many events of an outage's backlog as it would have without
		// the outage.
		suppressed, ok := w.dedup.pass(e, e.Received)
		if !ok {
			w.batch.Suppressed++
			w.status.Suppressed++
			w.batch.unsent(delivery.UnsentStorm, e.Seq, e.Received)
			continue
		}
		return &task{Request: send.Request{Event: e, Suppressed: suppressed}, first: true}
	}
	return nil // the store has to catch up
}

// read fills the buffer with new events and reports whether there are any.
func (w *Worker) read(ctx context.Context) bool {
	if !w.unreadEvents || w.retries.len() >= MaxRetries && !w.makeRoom(time.Now()) {
		return false
	}
	want, before := w.concurrencyLimit.size(), w.sub.Position()
	got, err := w.sub.Poll(ctx, want)
	w.noteRead(ctx, err)
	w.readFailed = err != nil
	if got.Missed > 0 {
		w.expired(got.Missed)
		w.batch.Unsent = append(w.batch.Unsent, deliveries.UnsentEvents{Cause: delivery.UnsentExpired, At: w.oldestArrival(),
			First: before + 1, Last: max(before+1, w.sub.Position()-int64(len(got.Events))), Count: got.Missed})
		w.log.Warn("events expired before they were delivered", slog.Int64("events", got.Missed))
	}
	if !got.More {
		w.unreadEvents = false // until the subscription or the timer says so
	}
	w.buffer = got.Events
	return len(w.buffer) > 0
}

// noteRead logs the error of a read.
func (w *Worker) noteRead(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, hub.ErrClosed) && ctx.Err() == nil {
		w.log.Error("events not read", slog.Any("error", err))
	}
}

// retry returns the next attempt of a delivery that waited for it; nil if its
// event is gone or can't be read now.
func (w *Worker) retry(ctx context.Context, p delivery.Pending) *task {
	e, err := w.hub.At(ctx, p.Seq)
	switch {
	case errors.Is(err, event.ErrNotFound): // retention has removed it
		w.expireRetries(p)
		return nil
	case err != nil:
		if ctx.Err() == nil {
			w.log.Error("event not read", slog.Any("error", err))
		}
		p.Due = time.Now().Add(SettleRetry)
		w.retries.push(p)
		w.health.probeAt = p.Due // should it have been a probe
		return nil
	default:
		r := send.Request{Event: e, Replay: p.Replay, Suppressed: w.attemptNotes[p.Seq].suppressed}
		return &task{Request: r, attempts: p.Attempts, persisted: true}
	}
}

func (w *Worker) deliver(sending context.Context, d *task, now time.Time) {
	d.started = now
	key := taskKey{seq: d.Event.Seq}
	if d.run != nil {
		key.run = d.run.kept.N
	}
	w.inFlight[key] = d
	d.bytes = d.Event.Size()
	w.bytesInFlight += d.bytes
	w.rateLimit.take(now)
	s, p := w.sender, d.Request
	p.Trace = w.traceAttempt(d)
	go func() {
		r := s.Send(sending, p)
		traceResult(p.Trace, r)
		w.results <- &outcome{key, r}
	}()
}

// wakeAt returns when the worker has to wake up if nothing happens.
func (w *Worker) wakeAt(now time.Time) time.Time {
	at := now.Add(IdleTick)
	if !w.fillAt.IsZero() && w.fillAt.Before(at) {
		at = w.fillAt
	}
	if w.settling == nil && w.settleAt.After(now) && w.settleAt.Before(at) {
		at = w.settleAt
	}
	return at
}

// nextDue returns when the first retry may be sent.
func (w *Worker) nextDue() (time.Time, bool) {
	if w.settings.Ordered {
		return w.retries.oldestDue()
	}
	return w.retries.next()
}

// sooner returns the earlier of two times; zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
