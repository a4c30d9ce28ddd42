package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/trace"
)

// ErrClosed says that the hub accepts and returns no more events, because the
// process is stopping.
var ErrClosed = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "Postern is stopping. Send the request again in a moment.",
	RetryAfter: 5 * time.Second,
	Cause:      errors.New("hub is closed"),
}

// DefaultHistory is how many events the ring holds unless told otherwise.
const DefaultHistory = 10_000

// DefaultHistoryBytes is the default limit on the bytes of the ring's events.
const DefaultHistoryBytes = 64 << 20

// DefaultReadBytes is the default limit on the bytes of events that one Poll
// returns.
const DefaultReadBytes = 1 << 20

// Options are a hub's settings; the zero value works.
type Options struct {
	// History is how many events the ring holds; zero means DefaultHistory.
	History int
	// HistoryBytes limits the bytes of the ring's events; zero means
	// DefaultHistoryBytes.
	HistoryBytes int64
	// PageBytes limits a page of history; zero means event.DefaultPageBytes. A
	// page has at least one event.
	PageBytes int64
	// ReadBytes limits the bytes of events that one Poll returns; zero means
	// DefaultReadBytes. A Poll returns at least one event, and may exceed the
	// limit by one read of the log.
	ReadBytes int64
	// Tracer makes the spans of commits; nil means none.
	Tracer *trace.Tracer
}

// Hub is the shared event hub. Its methods are safe for concurrent use.
type Hub struct {
	log    Log
	ring   *ring
	pages  int64 // maximum bytes of a page
	reads  int64 // maximum bytes that one Poll returns
	tracer *trace.Tracer

	counters counters

	// leader is held by the publisher that commits the current group. The two
	// fields below belong to it, and are empty except during a commit.
	leader  chan struct{}
	group   []*publication
	batches []*event.Batch

	publications sync.Pool // reused by the next Publish

	mu      sync.Mutex
	pending []*publication
	subs    map[*Subscription]struct{}
	closed  bool
	done    chan struct{}

	onRedacted []func([]*event.Event)
}

// New makes a hub over log and fills its ring with the newest events there.
func New(ctx context.Context, log Log, opts Options) (*Hub, error) {
	if opts.History <= 0 {
		opts.History = DefaultHistory
	}
	if opts.HistoryBytes <= 0 {
		opts.HistoryBytes = DefaultHistoryBytes
	}
	if opts.PageBytes <= 0 {
		opts.PageBytes = event.DefaultPageBytes
	}
	if opts.ReadBytes <= 0 {
		opts.ReadBytes = DefaultReadBytes
	}
	h := &Hub{
		log:    log,
		ring:   newRing(opts.History, opts.HistoryBytes),
		pages:  opts.PageBytes,
		reads:  opts.ReadBytes,
		tracer: opts.Tracer,
		leader: make(chan struct{}, 1),
		subs:   make(map[*Subscription]struct{}),
		done:   make(chan struct{}),

		counters: newCounters(),

		publications: sync.Pool{New: newPublication},
	}
	log.OnRedacted(h.replace)
	if err := h.fillRing(ctx, log.Head()); err != nil {
		return nil, fmt.Errorf("fill the ring: %w", err)
	}
	return h, nil
}

// fillRing reads the newest events up to head into the ring, as many as it
// holds.
func (h *Hub) fillRing(ctx context.Context, head int64) error {
	var newest []*event.Event
	q := event.Query{Limit: event.MaxPageEvents, Cursor: head + 1}
	for bytes := int64(0); bytes < h.ring.most && head > 0; {
		page, err := h.log.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			bytes += e.Size()
		}
		newest = append(newest, page.Events...)
		if q.Cursor = page.Next; page.Next == 0 || head-page.Next >= int64(len(h.ring.slots)) {
			break
		}
	}
	for _, e := range slices.Backward(newest) {
		if head-e.Seq < int64(len(h.ring.slots)) {
			h.ring.push(e)
		}
	}
	h.ring.head.Store(head) // the newest event may have been removed
	return nil
}

// ReadBytes returns the limit on the bytes of events that one Poll returns.
func (h *Hub) ReadBytes() int64 { return h.reads }

// Head returns the newest sequence number; zero if there is none.
func (h *Hub) Head() int64 { return h.ring.head.Load() }

// First returns the oldest sequence number that is kept; Head+1 if the log is
// empty.
func (h *Hub) First() int64 { return h.log.First() }

// Close ends publishing, commits the pending publications, and wakes every
// reader. Readers read the remaining events and then get ErrClosed. Another call
// does nothing.
func (h *Hub) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.closed = true
	h.mu.Unlock()

	h.leader <- struct{}{}
	for h.pendingCount() > 0 {
		h.commit(context.Background())
	}
	<-h.leader

	close(h.done)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.notify()
	}
}

// Done is closed once the hub is.
func (h *Hub) Done() <-chan struct{} { return h.done }

// received reports whether c is closed or, then taking it, has a value.
func received(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
