package worker

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"postern/internal/webhook/stats"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/seqset"
	"postern/internal/store"
	"postern/internal/store/deliveries"
	"postern/internal/trace"
)

// Limits of a worker.
const (
	// inFlightReads bounds the memory of the events in flight: it is how
	// many times the bytes of one read of the log they may have together.
	// One request may always run.
	inFlightReads = 8
	// MaxRetries is how many deliveries may wait for a retry before the
	// worker takes no new events.
	MaxRetries = 10_000
	// MaxUnsettled is how many results may wait for the store before the
	// worker starts no more requests: on a full disk it pauses.
	MaxUnsettled = 4096
	// stragglerAge is the age at which a request in flight gets a row of
	// its own, so that it no longer holds the cursor back.
	stragglerAge = time.Second
	// IdleTick is how often a worker moves its cursor over events that
	// don't match.
	IdleTick = 5 * time.Second
	// SettleRetry is the wait after the store failed to store a settlement.
	SettleRetry = time.Second
	// DrainTimeout bounds the requests in flight when Postern stops.
	DrainTimeout = 5 * time.Second
)

// Worker delivers to one endpoint. Its own goroutine, Run, owns all fields below
// "state".
type Worker struct {
	hub       *hub.Hub
	store     *store.Store
	log       *slog.Logger
	newSender NewSender
	shared    *Shared
	backlog   Backlog
	inbox     *inbox
	removed   chan struct{} // closed to stop at once

	mu     sync.Mutex
	shown  Status          // for Status
	hours  stats.HourStats // changed under mu, by Run alone
	recent stats.Recent

	// state
	endpoint      *deliveries.EndpointRecord
	settings      delivery.Settings
	selection     delivery.Selection
	sender        Sender
	status        Status
	oldestRetryAt time.Time // when status.oldestRetry was found
	health        health
	queue
	progress
	limits
	slow slowRule
}

// queue has the deliveries that are due, in flight, or wait for a retry.
type queue struct {
	sub          *hub.Subscription
	unreadEvents bool           // the subscription may have new events
	readFailed   bool           // by the last read
	buffer       []*event.Event // that were read, and not sent yet

	inFlight      map[taskKey]*task
	bytesInFlight int64 // of the events in flight
	results       chan *outcome

	retries      retryQueue
	exhausted    seqset.Set
	attemptNotes map[int64]attemptNote // of deliveries that wait for a retry, or are in flight as one
	retryTurn    bool                  // the next delivery is a retry, if one is due
	lastProbe    int64                 // the last probe that was a retry
	probeNew     bool                  // the next probe is a new event
	blocking     *event.Event          // that an ordered worker's receiver refuses; nil for none

	replays      []*replay
	replayUnread bool // a replay has more to read, when there is time
	replayTurn   int  // the index of the replay that sends next
}

// progress is what is stored, and what is to be stored.
type progress struct {
	cursor int64 // as stored
	// committedAhead has the events after the cursor that have a row in pending.
	committedAhead map[int64]bool
	batch          *batch     // gathers the next settlement
	settling       *batch     // on its way to the store
	commitNow      func()     // commits settling without waiting for an append
	settled        chan error // the store's answer
	settleAt       time.Time  // not before, after an error
	successes      int64      // each ends a row of failures
	removedThrough int64      // store.LowWatermark, as forgetRemoved has applied it
	loadedReplay   int64      // the newest that was stored at the start
}

// limits bound how fast events are sent.
type limits struct {
	rateLimit        rateLimiter
	concurrencyLimit concurrencyLimiter
	dedup            dedupWindow
	fillAt           time.Time // when fill may find something to do; zero for never
}

// Shared is what all workers of a service share.
type Shared struct {
	Heartbeat *Heartbeat
	Counters  *Counters
	Counting  *Budget       // of backlogs
	Tracer    *trace.Tracer // nil for none
	// StateSettled is called when a change of state is stored.
	StateSettled func()
}

// NewSender makes an endpoint's sender.
type NewSender func(*deliveries.EndpointRecord) (Sender, error)

// Sender sends events to one endpoint. Tests of the schedule, which simulate time,
// replace it.
type Sender interface {
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

// task is a delivery in flight.
type task struct {
	send.Request
	started   time.Time
	bytes     int64   // of its event when it was started
	attempts  int     // that failed before this one
	first     bool    // the first attempt of an event
	persisted bool    // has a row in pending, or will have with the next settlement
	setAside  bool    // a person wants it exhausted if it fails
	run       *replay // that it belongs to; nil for none
}

// attemptNote is the state of a delivery that waits for a retry, as far as it
// isn't stored.
type attemptNote struct {
	suppressed int   // events like it that storm control held back before it
	successes  int64 // of the worker, when undecided was counted
	undecided  int   // attempts spent since the last success: the endpoint's, should it turn out to be failing
	unanswered int   // attempts in a row that got no answer
	refused    bool  // the receiver refused it last
}

// NewWorker returns the worker of an endpoint. Run starts it.
func NewWorker(e *deliveries.EndpointRecord, h *hub.Hub, s *store.Store, log *slog.Logger, newSender NewSender, shared *Shared) *Worker {
	w := &Worker{
		hub: h, store: s, log: log.With(slog.String("webhook", e.ID)), newSender: newSender, shared: shared,
		inbox:    newInbox(),
		removed:  make(chan struct{}),
		endpoint: e,
		health:   healthOf(e),
		queue: queue{
			inFlight:     make(map[taskKey]*task),
			attemptNotes: make(map[int64]attemptNote),
			results:      make(chan *outcome, delivery.MaxInFlight), // pointers, since the buffer would take 46 KiB
		},
		progress: progress{
			cursor:         e.Cursor,
			committedAhead: make(map[int64]bool),
			settled:        make(chan error, 1),
			batch:          &batch{},
		},
		status: Status{Cursor: e.Cursor, position: e.Cursor, Counts: e.Counts},
	}
	if e.Unreadable == nil {
		w.showSelection(e)
	}
	w.hours = stats.Decode(e.Hours)
	if e.StateCause != "" {
		w.status.StateAt, w.status.StateCause = e.StateAt, e.StateCause
	}
	w.publish()
	return w
}

// Remove stops the worker at once, since its endpoint was removed.
func (w *Worker) Remove() { close(w.removed) }

// Hours returns the last day's attempts by the hour, the oldest first.
func (w *Worker) Hours(now time.Time) []stats.Hour {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hours.Hours(now)
}

// Run delivers until ctx ends or the endpoint is removed. When ctx ends,
// requests in flight may finish within DrainTimeout, and their results are
// stored before it returns.
func (w *Worker) Run(ctx context.Context) {
	defer w.inbox.close()
	if !w.start(ctx) {
		return
	}
	defer func() { // an update replaces them
		w.sub.Close()
		w.sender.Close()
		for _, r := range w.replays {
			r.sub.Close()
		}
	}()
	// Requests outlive ctx until the worker has drained.
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for !w.isRemoved() { // asked before anything is sent
		w.forgetRemoved()
		for _, command := range w.inbox.take() {
			command()
		}
		w.fill(ctx, sending)
		w.settle(ctx)
		w.publish()
		timer.Reset(time.Until(w.wakeAt(time.Now())))
		select {
		case <-ctx.Done():
			stop := time.AfterFunc(DrainTimeout, cancel)
			defer stop.Stop()
			w.drain(ctx)
			return
		case <-w.removed:
		case <-w.inbox.ready:
		case <-w.sub.Ready():
			w.wake()
		case r := <-w.results:
			w.record(*r)
		case err := <-w.settled:
			w.afterSettle(err)
		case <-timer.C:
			w.wake() // moves the cursor over events that don't match
		}
	}
	cancel()
	w.drain(sending)
}

// wake has the worker read again, even if there was nothing to read or the disk
// failed.
func (w *Worker) wake() {
	w.unreadEvents = true
	for _, r := range w.replays {
		r.more = true
	}
}

func (w *Worker) isRemoved() bool {
	select {
	case <-w.removed:
		return true
	default:
		return false
	}
}

// start loads the worker's state. It retries after errors, such as those of a
// disk that can't be read: an endpoint must not stay silent until a restart. It
// reports false if the worker stopped first.
func (w *Worker) start(ctx context.Context) bool {
	for ctx.Err() == nil && !w.isRemoved() {
		err := w.load(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			w.log.Error("webhook not started", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
		case <-w.removed:
		case <-time.After(IdleTick):
		}
	}
	return false
}

// load reads the pending deliveries and subscribes to the events after the
// cursor.
func (w *Worker) load(ctx context.Context) (err error) {
	if err := w.configure(w.endpoint); err != nil {
		return err
	}
	pending, err := w.store.Deliveries.PendingOf(ctx, w.endpoint.N)
	if err != nil {
		return err
	}
	removed, err := w.store.Deliveries.PendingRemoved(ctx, w.endpoint.N)
	if err != nil {
		return err
	}
	kept, err := ListReplays(ctx, w.store, w.endpoint.N)
	if err != nil {
		return err
	}
	if err := w.loadLast(ctx); err != nil {
		return err
	}
	if err := w.loadQuiet(ctx); err != nil {
		return err
	}
	// No error is possible from here on, so that a repeated load queues
	// nothing twice.
	now := time.Now()
	for _, p := range pending {
		// After a crash the cursor may be before deliveries that failed
		// since. The log will yield their events again.
		if p.Seq > w.cursor {
			w.committedAhead[p.Seq] = true
		}
		if p.Due.IsZero() {
			w.exhausted.Add(p.Seq)
			continue
		}
		if p.Due.After(now.Add(maxRetryDelay)) {
			p.Due = now // no retry waits so long: the clock was set back
		}
		w.retries.push(p)
	}
	w.expireRetries(w.retries.takeIf(func(p *delivery.Pending) bool {
		_, removed := slices.BinarySearch(removed, p.Seq)
		return removed
	})...)
	for _, r := range kept {
		w.loadedReplay = max(w.loadedReplay, r.N)
		if r.EndedAt.IsZero() {
			w.addReplay(r)
		}
	}
	w.sub = w.hub.Subscribe(w.selection.Filter, w.cursor, hub.Durable)
	w.unreadEvents = true
	return nil
}

// loadLast reads the newest attempt and the newest failure.
func (w *Worker) loadLast(ctx context.Context) error {
	for _, last := range []struct {
		to     **delivery.Attempt
		filter delivery.AttemptFilter
	}{{&w.status.Last, delivery.AttemptFilter{}}, {&w.status.LastError, delivery.AttemptFilter{Outcome: delivery.OutcomeFailed}}} {
		page, _, err := w.store.Deliveries.Attempts(ctx, w.endpoint.ID, deliveries.AttemptCursor{}, 1, last.filter)
		if err != nil {
			return err
		}
		if len(page) > 0 {
			*last.to = &page[0]
		}
	}
	return nil
}

// configure applies an endpoint's settings.
func (w *Worker) configure(e *deliveries.EndpointRecord) error {
	if e.Unreadable != nil {
		return e.Unreadable
	}
	settings := e.Settings
	fresh, err := w.newSender(e)
	if err != nil {
		return err
	}
	if w.sender != nil {
		w.sender.Close()
	}
	moved, before, until := e.URL != w.endpoint.URL, w.settings, w.concurrencyLimit.until
	if e != w.endpoint || w.status.selection == nil {
		w.showSelection(e)
	}
	w.endpoint, w.settings, w.selection, w.sender = e, settings, e.Selection(), fresh
	if !settings.Ordered {
		w.blocking = nil // nothing waits behind it any more
	}
	// An unchanged limit keeps its state: a Retry-After outlasts the
	// rotation of a secret.
	if settings.PerSecond != before.PerSecond {
		w.rateLimit = newRateLimiter(settings.PerSecond)
	}
	switch {
	case moved:
		w.concurrencyLimit = newConcurrencyLimiter(settings.Concurrency())
	case w.concurrencyLimit.most != settings.Concurrency():
		w.concurrencyLimit = newConcurrencyLimiter(settings.Concurrency())
		w.concurrencyLimit.until = until
	}
	if window := settings.StormWindow(); window != w.dedup.window {
		w.dedup = dedupWindow{window: window}
	}
	return nil
}

// showSelection lets Status count the endpoint's backlog.
func (w *Worker) showSelection(e *deliveries.EndpointRecord) {
	selection := e.Selection()
	w.status.selection, w.status.storm = &selection, e.Settings.StormSeconds > 0
}

// update applies new settings. Deliveries in flight and retries go on: their
// events matched when they were read.
func (w *Worker) update(e *deliveries.EndpointRecord) {
	if err := w.configure(e); err != nil {
		w.log.Error("webhook settings not applied", slog.Any("error", err))
		return
	}
	w.health.probeAt = time.Time{} // what was changed may be what was wrong
	if e.NewVersion != 0 {
		w.batch.Settings = &deliveries.SettingsApplied{Version: e.NewVersion, After: w.position()}
	}
	w.readFrom(w.position())
	for _, r := range w.replays {
		r.subscribe(w, r.begun())
	}
}

// readFrom subscribes to the live events after a sequence number.
func (w *Worker) readFrom(after int64) {
	w.sub.Close()
	w.sub = w.hub.Subscribe(w.selection.Filter, after, hub.Durable)
	w.buffer, w.unreadEvents = nil, true
}

// position is the sequence number up to which live events have been sent, or
// found not to match.
func (w *Worker) position() int64 {
	if len(w.buffer) > 0 {
		return w.buffer[0].Seq - 1
	}
	return w.sub.Position()
}
