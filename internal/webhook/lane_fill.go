package webhook

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
)

// halted reports whether nothing is to be sent: a person has paused the
// endpoint, or it is disabled.
func (l *lane) halted() bool {
	return l.health.state == delivery.Paused || l.health.state == delivery.Disabled
}

// fill starts deliveries: retries that are due first, then new events, then
// replays. It leaves in fillAt when it is worth calling again although nothing
// has happened; zero for never.
func (l *lane) fill(ctx, sending context.Context) {
	now := time.Now()
	l.fillAt, l.reading = time.Time{}, false
	switch {
	case l.unsettled() >= maxUnsettled || l.halted():
		// Nothing starts before the store, or a person, has spoken.
		return
	case l.health.failing():
		l.probe(ctx, sending, now)
		return
	case l.window.until.After(now):
		l.fillAt = l.window.until
		return
	}
	if l.health.doubtful() {
		if until := l.health.doubtUntil(now); until.After(now) {
			l.fillAt = until
		} else {
			l.fail(now, l.failingCause())
			return
		}
	}
	for l.hasRoom() {
		if l.pace.next.After(now) {
			l.fillAt = sooner(l.fillAt, l.pace.next)
			return
		}
		d := l.takeNext(ctx, now)
		if d == nil {
			if due, _ := l.nextDue(); l.reading {
				l.fillAt = now
			} else {
				l.fillAt = sooner(l.fillAt, due)
			}
			return
		}
		l.deliver(sending, d, now)
	}
}

// probe sends what a failing endpoint is tried with: one request at a time.
// Attempts are spent on events, not on outages.
func (l *lane) probe(ctx, sending context.Context, now time.Time) {
	if l.health.over(now) {
		l.changeState(delivery.Disabled, event.WebhookDisabled, now, "It has been failing for five days.")
		return
	}
	if len(l.inFlight) > 0 {
		return
	}
	if at := l.nextProbeAt(); at.After(now) {
		l.fillAt = at
		return
	}
	// Events that retention has removed are skipped; an event that can't be
	// read delays the probe.
	for !l.health.probeAt.After(now) {
		d, more := l.takeProbe(ctx)
		if d != nil {
			l.deliver(sending, d, now)
			return
		}
		if !more {
			// A success was the last event to send for now.
			if at := l.health.recoverAt(); !l.health.recovering() {
				return
			} else if l.waiting.len() > 0 && at.After(now) {
				l.fillAt = at
			} else {
				l.recover(now)
			}
			return
		}
	}
	l.fillAt = l.health.probeAt
}

// nextProbeAt is when a failing endpoint may be tried: a probe keeps to what
// the receiver asked for, and to the rate, like any other request.
func (l *lane) nextProbeAt() time.Time {
	return later(later(l.health.probeAt, l.window.until), l.pace.next)
}

// takeProbe returns the delivery to probe with; more means that the caller can
// ask for another. Probes alternate between the waiting events, each in its
// turn, and a new one. This shows whether a receiver that refuses some events
// accepts others. An ordered lane that sets events aside alternates between the
// oldest and the first that isn't known to be refused, which may be a new one.
func (l *lane) takeProbe(ctx context.Context) (d *task, more bool) {
	ordered := l.settings.Ordered
	onlyNew := l.health.recovering() && !ordered // the waiting ones follow after the recovery
	fresh := l.probeNew || onlyNew || l.waiting.len() == 0
	l.probeNew = !fresh && (!ordered || l.setsAside())
	if fresh {
		if ordered {
			if p, ok := l.notRefused(); ok {
				return l.retry(ctx, p), true
			}
		}
		if d := l.takeLive(ctx); d != nil || onlyNew {
			return d, d != nil
		}
	}
	var p delivery.Pending
	ok := false
	if !ordered {
		p, ok = l.waiting.after(l.probed)
	}
	if !ok {
		if p, ok = l.waiting.oldest(); !ok {
			return nil, false
		}
	}
	if d = l.retry(ctx, p); d != nil {
		l.probed = p.Seq
	}
	return d, true
}

// concurrency is the maximum number of requests in flight.
func (l *lane) concurrency() int {
	if l.health.doubtful() {
		return min(l.window.size(), doubtfulInFlight)
	}
	return l.window.size()
}

// hasRoom reports whether another request may run, by number and by bytes.
func (l *lane) hasRoom() bool {
	n := len(l.inFlight)
	return n == 0 || n < l.concurrency() && l.taken < inFlightReads*l.hub.ReadBytes()
}

// takeNext chooses what is sent next; nil when there is nothing to send now.
func (l *lane) takeNext(ctx context.Context, now time.Time) *task {
	if l.settings.Ordered {
		// What waits for another try holds back all that follows.
		for {
			p, ok := l.waiting.oldest()
			if !ok {
				break
			}
			if p.Due.After(now) {
				l.waiting.push(p)
				return nil
			}
			if d := l.retry(ctx, p); d != nil {
				return d
			}
		}
		return l.takeNew(ctx)
	}
	// Retries and new events take turns, so that many refused events leave
	// room for the others.
	l.retryTurn = !l.retryTurn
	if l.retryTurn {
		if d := l.takeDue(ctx, now); d != nil {
			return d
		}
		return l.takeNew(ctx)
	}
	if d := l.takeLive(ctx); d != nil {
		return d
	}
	if d := l.takeDue(ctx, now); d != nil {
		return d
	}
	return l.takeReplay(ctx)
}

// takeNew returns the next delivery of a new event, or else of a replay.
func (l *lane) takeNew(ctx context.Context) *task {
	if d := l.takeLive(ctx); d != nil {
		return d
	}
	return l.takeReplay(ctx)
}

// takeDue returns the next retry that is due.
func (l *lane) takeDue(ctx context.Context, now time.Time) *task {
	for {
		p, ok := l.waiting.due(now)
		if !ok {
			return nil
		}
		if d := l.retry(ctx, p); d != nil {
			return d
		}
	}
}

// takeLive returns the next new event's delivery.
func (l *lane) takeLive(ctx context.Context) *task {
	for {
		if len(l.buffer) == 0 && !l.read(ctx) {
			return nil
		}
		e := l.buffer[0]
		l.buffer = l.buffer[1:]
		switch {
		case e.IsGone():
			l.expired(1)
			continue
		case l.ahead[e.Seq]:
			delete(l.ahead, e.Seq)
			continue
		case isAbout(e, l.endpoint.ID):
			continue
		}
		// By arrival, so that what waited out an outage is thinned as it
		// would have been without one, and no more.
		suppressed, ok := l.storm.pass(e, e.Received)
		if !ok {
			l.next.Suppressed++
			l.status.Suppressed++
			continue
		}
		return &task{Request: send.Request{Event: e, Suppressed: suppressed}, first: true}
	}
}

// read fills the buffer with new events and reports whether there are any.
func (l *lane) read(ctx context.Context) bool {
	if !l.more || l.waiting.len() >= maxWaiting && !l.makeRoom(time.Now()) {
		return false
	}
	want := l.window.size()
	got, err := l.sub.Poll(ctx, want)
	l.noteRead(ctx, err)
	l.unread = err != nil
	if got.Missed > 0 {
		l.expired(got.Missed)
		l.log.Warn("events expired before they were delivered", slog.Int64("events", got.Missed))
	}
	if !got.More {
		l.more = false // until the subscription or the timer says so
	}
	l.buffer = got.Events
	return len(l.buffer) > 0
}

// noteRead logs what went wrong with a read.
func (l *lane) noteRead(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, hub.ErrClosed) && ctx.Err() == nil {
		l.log.Error("events not read", slog.Any("error", err))
	}
}

// retry returns another try of a delivery that waited; nil when there is
// nothing to try.
func (l *lane) retry(ctx context.Context, p delivery.Pending) *task {
	e, err := l.hub.At(ctx, p.Seq)
	switch {
	case errors.Is(err, event.ErrNotFound): // retention has removed it
		l.expireRetries(p)
		return nil
	case err != nil:
		if ctx.Err() == nil {
			l.log.Error("event not read", slog.Any("error", err))
		}
		p.Due = time.Now().Add(settleRetry)
		l.waiting.push(p)
		l.health.probeAt = p.Due // should it have been a probe
		return nil
	default:
		return &task{Request: send.Request{Event: e, Replay: p.Replay, Suppressed: l.notes[p.Seq].suppressed}, tries: p.Tries, kept: true}
	}
}

func (l *lane) deliver(sending context.Context, d *task, now time.Time) {
	d.started = now
	key := taskKey{seq: d.Event.Seq}
	if d.run != nil {
		key.run = d.run.kept.N
	}
	l.inFlight[key] = d
	d.bytes = d.Event.Size()
	l.taken += d.bytes
	l.pace.take(now)
	s, p := l.sender, d.Request
	p.Trace = l.traceAttempt(d)
	go func() {
		r := s.Send(sending, p)
		traceResult(p.Trace, r)
		l.results <- &outcome{key, r}
	}()
}

// wakeAt returns when the lane has something to do if nothing happens.
func (l *lane) wakeAt(now time.Time) time.Time {
	at := now.Add(idleTick)
	if !l.fillAt.IsZero() && l.fillAt.Before(at) {
		at = l.fillAt
	}
	if l.settling == nil && l.settleAt.After(now) && l.settleAt.Before(at) {
		at = l.settleAt
	}
	return at
}

// nextDue returns when the first retry may be sent.
func (l *lane) nextDue() (time.Time, bool) {
	if l.settings.Ordered {
		return l.waiting.oldestDue()
	}
	return l.waiting.next()
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
