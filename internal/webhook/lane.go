package webhook

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/seqset"
	"postern/internal/store"
	"postern/internal/trace"
)

// Bounds of a lane.
const (
	// inFlightReads is how many times the bytes of one read of the log the events
	// of the requests in flight may have together, so that large events in many
	// slow requests don't take all memory. One request may always run.
	inFlightReads = 8
	// maxWaiting is how many deliveries may wait for another try before the
	// lane takes no new events.
	maxWaiting = 10_000
	// maxUnsettled is how many results may wait for the store before the
	// lane starts nothing more: on a full disk it stops, and goes on later.
	maxUnsettled = 4096
	// stragglerAge is after how long a request in flight gets a row of its
	// own, so that the cursor needn't wait for it.
	stragglerAge = time.Second
	// idleTick is how often a lane moves its cursor over events that aren't
	// for it.
	idleTick = 5 * time.Second
	// settleRetry is the wait after the store refused a settlement.
	settleRetry = time.Second
	// drainTimeout bounds how long requests in flight may take to finish
	// when Postern stops.
	drainTimeout = 5 * time.Second
)

// lane delivers to one endpoint. All fields below "state" belong to the
// goroutine of run.
type lane struct {
	hub       *hub.Hub
	store     *store.Store
	log       *slog.Logger
	newSender func(*store.EndpointRecord) (sender, error)
	// stateSettled is called when the store has a change of state.
	stateSettled func()
	heartbeat    *heartbeat
	counters     *counters
	tracer       *trace.Tracer // nil for none
	backlog      backlog
	counting     *budget // of all lanes together

	orders  *mailbox
	removed chan struct{} // closed: stop at once

	mu    sync.Mutex
	shown Status // what others may see
	day   day    // that too; changed under mu, by the lane alone

	// state
	status    Status
	endpoint  *store.EndpointRecord
	settings  delivery.Settings
	filter    event.Filter
	sender    sender
	sub       *hub.Subscription
	more      bool           // the subscription may have something
	unread    bool           // the last read failed
	buffer    []*event.Event // read, and not sent yet
	inFlight  map[taskKey]*task
	taken     int64 // bytes of the events of inFlight
	waiting   retryQueue
	ahead     map[int64]bool // has a row in pending, but the cursor is before it
	exhausted seqset.Set
	replays   []*replay
	reading   bool // a replay has more to read, when there is time
	// replayTurn is the place in replays of the one that sends next.
	replayTurn int
	pace       pace
	window     window
	storm      storm
	notes      map[int64]note // of deliveries that wait for a retry or are in flight as one
	results    chan *outcome
	next       *batch // gathers what to settle
	settling   *batch // on its way to the store
	hurry      func() // commits settling without an append
	settled    chan error
	settleAt   time.Time // not before; after a refusal
	cursor     int64     // as settled last
	fillAt     time.Time // when fill may find something to do
	health     health
	row        int64        // counts the successes: each ends a row of failures
	probed     int64        // the last probe with an event that waits
	probeNew   bool         // the next probe is a new event
	retryTurn  bool         // the next delivery is a retry, if one is due
	blocking   *event.Event // refused by an ordered lane's receiver; nil for none
	// removedThrough is store.LowWatermark, as forgetRemoved has taken it
	// into account.
	removedThrough int64

	loadedReplay int64 // the newest that was in the store at the start
}

// sender sends events to one endpoint. Tests of the schedule, which simulate time,
// replace it.
type sender interface {
	Send(ctx context.Context, r send.Request) send.Result
	Close()
}

// outcome is the result of a task.
type outcome struct {
	key taskKey
	send.Result
}

// taskKey tells an event's live delivery from its delivery by each replay.
type taskKey struct {
	seq int64
	run int64 // the replay's N; zero for none
}

// delivery is a request in flight.
type task struct {
	send.Request
	started  time.Time
	bytes    int64   // of its event when it was started
	tries    int     // that failed before this one
	first    bool    // the first attempt of an event
	kept     bool    // has a row in pending, or will have with the next settlement
	setAside bool    // a person wants it exhausted if it fails
	run      *replay // that it belongs to; nil for none
}

// note is what a lane knows of a delivery that waits for a retry and the
// store doesn't keep.
type note struct {
	suppressed int   // events like it that storm control held back before it
	row        int64 // of the lane, when undecided was counted
	undecided  int   // attempts spent since the last success: the endpoint's, should it turn out to be failing
	unanswered int   // attempts in a row that got no answer
	refused    bool  // the receiver refused it last
}

func newLane(e *store.EndpointRecord, h *hub.Hub, j *store.Store, log *slog.Logger, newSender func(*store.EndpointRecord) (sender, error)) *lane {
	l := &lane{
		hub: h, store: j, log: log.With(slog.String("webhook", e.ID)), newSender: newSender,
		stateSettled: func() {},
		heartbeat:    &heartbeat{log: log},
		orders:       newMailbox(),
		removed:      make(chan struct{}),
		endpoint:     e,
		cursor:       e.Cursor,
		inFlight:     make(map[taskKey]*task),
		ahead:        make(map[int64]bool),
		notes:        make(map[int64]note),
		results:      make(chan *outcome, delivery.MaxInFlight), // pointers, or it would take 46 KiB
		settled:      make(chan error, 1),
		next:         &batch{},
		health:       healthOf(e),
		backlog:      backlog{id: e.ID},
		counting:     new(budget),
	}
	l.status = Status{Cursor: e.Cursor, position: e.Cursor, Delivered: e.Delivered, Failed: e.Failed,
		Expired: e.Expired, ExpiredRetries: e.ExpiredRetries, Suppressed: e.Suppressed, Skipped: e.Skipped}
	if e.Unreadable == nil {
		l.status.filter, l.status.storm = &e.Filter, e.Settings.StormSeconds > 0
	}
	l.day = decodeDay(e.Hours)
	if e.StateCause != "" {
		l.status.StateAt, l.status.StateCause = e.StateAt, e.StateCause
	}
	l.publish()
	return l
}

// run delivers until ctx ends or the endpoint is removed. When ctx ends,
// requests in flight may finish within drainTimeout, and what they brought is
// settled before it returns.
func (l *lane) run(ctx context.Context) {
	defer l.orders.close()
	if !l.start(ctx) {
		return
	}
	defer func() { // an update replaces them
		l.sub.Close()
		l.sender.Close()
		for _, r := range l.replays {
			r.sub.Close()
		}
	}()
	// Requests outlive ctx for as long as draining lasts.
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for !l.isRemoved() { // asked before anything is sent
		l.forgetRemoved()
		for _, order := range l.orders.take() {
			order()
		}
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
		case <-l.orders.ready:
		case <-l.sub.Ready():
			l.lookAgain()
		case r := <-l.results:
			l.record(*r)
		case err := <-l.settled:
			l.afterSettle(err)
		case <-timer.C:
			l.lookAgain() // moves the cursor over what isn't for this lane
		}
	}
	cancel()
	l.drain(sending)
}

// lookAgain lets the lane read, also where there was nothing or a disk failed.
func (l *lane) lookAgain() {
	l.more = true
	for _, r := range l.replays {
		r.more = true
	}
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
	if err := l.configure(l.endpoint); err != nil {
		return err
	}
	pending, err := l.store.PendingOf(ctx, l.endpoint.N)
	if err != nil {
		return err
	}
	removed, err := l.store.PendingRemoved(ctx, l.endpoint.N)
	if err != nil {
		return err
	}
	kept, err := replaysOf(ctx, l.store, l.endpoint.N)
	if err != nil {
		return err
	}
	if err := l.loadLast(ctx); err != nil {
		return err
	}
	if err := l.loadQuiet(ctx); err != nil {
		return err
	}
	// Nothing fails any more: what waits is taken once, however often the
	// lane had to try.
	now := time.Now()
	for _, p := range pending {
		// After a crash the cursor may stand before what failed since: the
		// log will give that again.
		if p.Seq > l.cursor {
			l.ahead[p.Seq] = true
		}
		if p.Due.IsZero() {
			l.exhausted.Add(p.Seq)
			continue
		}
		if p.Due.After(now.Add(maxRetryDelay)) {
			p.Due = now // no try waits so long: the clock was set back
		}
		l.waiting.push(p)
	}
	l.expireRetries(l.waiting.takeIf(func(p *delivery.Pending) bool {
		_, removed := slices.BinarySearch(removed, p.Seq)
		return removed
	})...)
	for _, r := range kept {
		l.loadedReplay = max(l.loadedReplay, r.N)
		if r.EndedAt.IsZero() {
			l.addReplay(r)
		}
	}
	l.sub = l.hub.Subscribe(l.filter, l.cursor, hub.Durable)
	l.more = true
	return nil
}

// loadLast finds the newest attempt and the newest failure on record.
func (l *lane) loadLast(ctx context.Context) error {
	for _, last := range []struct {
		to     **delivery.Attempt
		filter delivery.AttemptFilter
	}{{&l.status.Last, delivery.AttemptFilter{}}, {&l.status.LastError, delivery.AttemptFilter{Outcome: delivery.OutcomeFailed}}} {
		page, _, err := l.store.Attempts(ctx, l.endpoint.ID, store.AttemptCursor{}, 1, last.filter)
		if err != nil {
			return err
		}
		if len(page) > 0 {
			*last.to = &page[0]
		}
	}
	return nil
}

// configure takes an endpoint's settings.
func (l *lane) configure(e *store.EndpointRecord) error {
	if e.Unreadable != nil {
		return e.Unreadable
	}
	settings := e.Settings
	fresh, err := l.newSender(e)
	if err != nil {
		return err
	}
	if l.sender != nil {
		l.sender.Close()
	}
	moved, before, until := e.URL != l.endpoint.URL, l.settings, l.window.until
	if e != l.endpoint || l.status.filter == nil {
		l.status.filter, l.status.storm = &e.Filter, settings.StormSeconds > 0
	}
	l.endpoint, l.settings, l.filter, l.sender = e, settings, e.Filter, fresh
	if !settings.Ordered {
		l.blocking = nil // nothing waits behind it any more
	}
	// A limit that stays goes on as it is: what the receiver asked for isn't
	// forgotten because its secret was rotated.
	if settings.PerSecond != before.PerSecond {
		l.pace = newPace(settings.PerSecond)
	}
	switch {
	case moved:
		l.window = newWindow(settings.Concurrency())
	case l.window.most != settings.Concurrency():
		l.window = newWindow(settings.Concurrency())
		l.window.until = until
	}
	if window := settings.StormWindow(); window != l.storm.window {
		l.storm = storm{window: window}
	}
	return nil
}

// update takes new settings. What is in flight or waiting goes on; it matched
// when it was read.
func (l *lane) update(e *store.EndpointRecord) {
	if err := l.configure(e); err != nil {
		l.log.Error("webhook settings not taken", slog.Any("error", err))
		return
	}
	l.health.probeAt = time.Time{} // what was changed may be what was wrong
	l.readFrom(l.position())
	for _, r := range l.replays {
		r.subscribe(l, r.begun())
	}
}

// readFrom begins to read live events after a place in the log.
func (l *lane) readFrom(after int64) {
	l.sub.Close()
	l.sub = l.hub.Subscribe(l.filter, after, hub.Durable)
	l.buffer, l.more = nil, true
}

// position is how far live events have been sent, or found not to be for this
// endpoint.
func (l *lane) position() int64 {
	if len(l.buffer) > 0 {
		return l.buffer[0].Seq - 1
	}
	return l.sub.Position()
}
