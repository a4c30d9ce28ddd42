package webhook

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/journal"
)

// Bounds of a lane.
const (
	// maxInFlight is how many requests to one endpoint run at once.
	maxInFlight = 32
	// maxWaiting is how many deliveries may wait for another try before the
	// lane takes no new events.
	maxWaiting = 10_000
	// maxUnsettled is how many results may wait for the journal before the
	// lane starts nothing more: on a full disk it stops, and goes on later.
	maxUnsettled = 4096
	// stragglerAge is after how long a request in flight gets a row of its
	// own, so that the cursor needn't wait for it.
	stragglerAge = time.Second
	// idleTick is how often a lane moves its cursor over events that aren't
	// for it.
	idleTick = 5 * time.Second
	// settleRetry is the wait after the journal refused a settlement.
	settleRetry = time.Second
	// drainTimeout bounds how long requests in flight may take to finish
	// when Postern stops.
	drainTimeout = 5 * time.Second
)

// lane delivers to one endpoint. All fields below "state" belong to the
// goroutine of run.
type lane struct {
	hub       *hub.Hub
	journal   *journal.Journal
	log       *slog.Logger
	newSender func(*journal.Endpoint) (sender, error)

	updates chan *journal.Endpoint // settings changed; capacity 1
	removed chan struct{}          // closed: stop at once

	mu    sync.Mutex
	shown Status // what others may see

	// state
	status   Status
	endpoint *journal.Endpoint
	sender   sender
	sub      *hub.Subscription
	more     bool // the subscription may have something
	inFlight map[int64]*delivery
	waiting  retryQueue
	ahead    map[int64]bool // has a row in pending, but the cursor is before it
	results  chan result
	next     *journal.Settlement // gathers what to settle
	settling *journal.Settlement // on its way to the journal
	settled  chan error
	settleAt time.Time // not before; after a refusal
	cursor   int64     // as settled last
	health   health
}

// delivery is a request in flight.
type delivery struct {
	started time.Time
	tries   int  // that failed before this one
	kept    bool // has a row in pending, or will have with the next settlement
}

func newLane(e *journal.Endpoint, h *hub.Hub, j *journal.Journal, log *slog.Logger, newSender func(*journal.Endpoint) (sender, error)) *lane {
	l := &lane{
		hub: h, journal: j, log: log.With(slog.String("webhook", e.ID)), newSender: newSender,
		updates:  make(chan *journal.Endpoint, 1),
		removed:  make(chan struct{}),
		endpoint: e,
		cursor:   e.Cursor,
		inFlight: make(map[int64]*delivery),
		ahead:    make(map[int64]bool),
		results:  make(chan result, maxInFlight),
		settled:  make(chan error, 1),
		next:     &journal.Settlement{},
		health:   health{since: e.FailingSince},
	}
	l.status = Status{Cursor: e.Cursor, position: e.Cursor, Delivered: e.Delivered, Failed: e.Failed, Expired: e.Expired}
	l.publish()
	return l
}

// run delivers until ctx ends or the endpoint is removed. When ctx ends,
// requests in flight may finish within drainTimeout, and what they brought is
// settled before it returns.
func (l *lane) run(ctx context.Context) {
	if !l.start(ctx) {
		return
	}
	defer func() { // an update replaces both
		l.sub.Close()
		l.sender.close()
	}()
	// Requests outlive ctx for as long as draining lasts.
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for !l.isRemoved() { // asked before anything is sent
		l.fill(ctx, sending)
		l.settle(ctx)
		l.publish()
		timer.Reset(time.Until(l.wakeAt(time.Now())))
		select {
		case <-ctx.Done():
			stop := time.AfterFunc(drainTimeout, cancel)
			defer stop.Stop()
			l.drain(ctx)
			return
		case <-l.removed:
		case <-l.sub.Ready():
			l.more = true
		case r := <-l.results:
			l.record(r)
		case err := <-l.settled:
			l.afterSettle(err)
		case e := <-l.updates:
			if err := l.update(e); err != nil {
				l.log.Error("webhook settings not taken", slog.Any("error", err))
			}
		case <-timer.C:
			l.more = true // moves the cursor over what isn't for this lane
		}
	}
	cancel()
	l.drain(sending)
}

func (l *lane) isRemoved() bool {
	select {
	case <-l.removed:
		return true
	default:
		return false
	}
}

// start gets the lane ready. While that fails, as on a disk that can't be
// read, it tries again: an endpoint must not stay silent until Postern is
// restarted. It reports false when the lane ended before it had begun.
func (l *lane) start(ctx context.Context) bool {
	for ctx.Err() == nil && !l.isRemoved() {
		err := l.load(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			l.log.Error("webhook not started", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
		case <-l.removed:
		case <-time.After(idleTick):
		}
	}
	return false
}

// load reads what was pending and begins to read after the cursor.
func (l *lane) load(ctx context.Context) (err error) {
	select {
	case l.endpoint = <-l.updates: // changed before the lane ran
	default:
	}
	if l.sender, err = l.newSender(l.endpoint); err != nil {
		return err
	}
	pending, err := l.journal.PendingOf(ctx, l.endpoint.N)
	if err != nil {
		return err
	}
	for _, p := range pending {
		// After a crash the cursor may stand before what failed since: the
		// log will give that again.
		if p.Seq > l.cursor {
			l.ahead[p.Seq] = true
		}
		if p.Due.IsZero() {
			l.status.Exhausted++
		} else {
			l.waiting.push(p)
		}
	}
	l.sub = l.hub.Subscribe(event.Filter{Types: l.endpoint.Types}, l.cursor, hub.Durable)
	l.more = true
	return nil
}

// change hands new settings to the lane; the newest ones count.
func (l *lane) change(e *journal.Endpoint) {
	for {
		select {
		case l.updates <- e:
			return
		case <-l.updates: // older ones that the lane hasn't taken yet
		}
	}
}

// update takes new settings. What is in flight or waiting goes on; it matched
// when it was read.
func (l *lane) update(e *journal.Endpoint) error {
	fresh, err := l.newSender(e)
	if err != nil {
		return err
	}
	l.sender.close()
	l.sender = fresh
	position := l.sub.Position()
	l.sub.Close()
	l.sub = l.hub.Subscribe(event.Filter{Types: e.Types}, position, hub.Durable)
	l.endpoint, l.more = e, true
	return nil
}

// fill starts deliveries: retries that are due first, then new events.
func (l *lane) fill(ctx, sending context.Context) {
	now := time.Now()
	if l.unsettled() >= maxUnsettled {
		return
	}
	room := maxInFlight - len(l.inFlight)
	if l.health.failing() {
		// Attempts are spent on events, not on outages: one probe at a time,
		// with the oldest event that waits.
		if len(l.inFlight) > 0 || now.Before(l.health.probeAt) {
			return
		}
		if p, ok := l.waiting.oldest(); ok {
			l.retry(ctx, sending, p)
			return
		}
		room = 1
	}
	for room > 0 {
		p, ok := l.waiting.due(now)
		if !ok {
			break
		}
		l.retry(ctx, sending, p)
		room--
	}
	for room > 0 && l.more && l.waiting.len() < maxWaiting {
		batch, err := l.sub.Poll(ctx, room)
		if err != nil && !errors.Is(err, hub.ErrClosed) && ctx.Err() == nil {
			l.log.Error("events not read", slog.Any("error", err))
		}
		if batch.Missed > 0 {
			l.expired(batch.Missed)
			l.log.Warn("events expired before they were delivered", slog.Int64("events", batch.Missed))
		}
		if len(batch.Events) < room {
			l.more = false // until the subscription or the timer says so
		}
		for _, e := range batch.Events {
			if l.ahead[e.Seq] {
				delete(l.ahead, e.Seq)
				continue
			}
			l.deliver(sending, e, &delivery{started: now})
			room--
		}
	}
}

// retry starts another try of a delivery that waited.
func (l *lane) retry(ctx, sending context.Context, p journal.Pending) {
	e, err := l.hub.At(ctx, p.Seq)
	switch {
	case errors.Is(err, event.ErrNotFound):
		// Retention has removed it, and its row with it.
		l.expired(1)
		l.next.Done = append(l.next.Done, p.Seq)
	case err != nil:
		if ctx.Err() == nil {
			l.log.Error("event not read", slog.Any("error", err))
		}
		p.Due = time.Now().Add(settleRetry)
		l.waiting.push(p)
		l.health.probeAt = p.Due // should it have been a probe
	default:
		l.deliver(sending, e, &delivery{started: time.Now(), tries: p.Tries, kept: true})
	}
}

// expired counts events that retention removed undelivered.
func (l *lane) expired(n int64) {
	l.next.Expired += n
	l.status.Expired += n
}

func (l *lane) deliver(sending context.Context, e *event.Event, d *delivery) {
	l.inFlight[e.Seq] = d
	s := l.sender
	go func() { l.results <- s.send(sending, e) }()
}

// record takes what became of a request into account.
func (l *lane) record(r result) {
	d := l.inFlight[r.seq]
	delete(l.inFlight, r.seq)
	if r.interrupted {
		// It uses up no try, and is the first thing to do after a restart.
		if !d.kept {
			l.put(journal.Pending{Seq: r.seq, Tries: d.tries, Due: r.at})
		}
		return
	}
	attempt := journal.Attempt{
		Seq: r.seq, At: r.at, Duration: r.duration, Try: d.tries + 1,
		Status: r.status, Class: uint8(r.class), Detail: r.detail, Response: r.response,
	}
	l.next.Attempts = append(l.next.Attempts, attempt)
	l.status.note(attempt)
	if r.class == ClassNone {
		l.next.Delivered++
		if d.kept {
			l.next.Done = append(l.next.Done, r.seq)
		}
		if l.health.succeeded() {
			l.more = true
			l.log.Info("webhook recovered")
		}
		return
	}
	l.next.Failed++
	ended := r.at.Add(r.duration)
	spent := !l.health.failing() // outages use up no tries
	if l.health.failed(ended) {
		l.log.Warn("webhook is failing", slog.String("class", r.class.String()), slog.Int("status", r.status))
	}
	p := journal.Pending{Seq: r.seq, Tries: d.tries, Due: ended}
	if spent {
		p.Tries++
		var again bool
		if p.Due, again = nextTry(ended, p.Tries); !again {
			p.Due = time.Time{}
			l.status.Exhausted++
			l.log.Warn("delivery exhausted", slog.Int64("seq", r.seq), slog.String("class", r.class.String()), slog.Int("status", r.status))
		}
	}
	l.put(p)
	if !p.Due.IsZero() {
		l.waiting.push(p)
	}
}

// wakeAt returns when the lane has something to do if nothing happens.
func (l *lane) wakeAt(now time.Time) time.Time {
	at := now.Add(idleTick)
	if l.unsettled() >= maxUnsettled {
		// Nothing starts before the journal has answered.
	} else if l.health.failing() {
		// With nothing to probe with, the subscription or the tick wakes it.
		if len(l.inFlight) == 0 && (l.more || l.waiting.len() > 0) && l.health.probeAt.Before(at) {
			at = l.health.probeAt
		}
	} else if due, ok := l.waiting.next(); ok && due.Before(at) && len(l.inFlight) < maxInFlight {
		at = due
	}
	if l.settling == nil && l.settleAt.After(now) && l.settleAt.Before(at) {
		at = l.settleAt
	}
	return at
}
