package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"postern/internal/event"
	"postern/internal/trace"
)

// ErrClosed says that the hub takes and gives no more events, since the
// process is stopping.
var ErrClosed = errors.New("hub is closed")

// DefaultHistory is how many events the ring holds unless told otherwise.
const DefaultHistory = 10_000

// maxGroupEvents bounds one commit, so that a flood of large requests can't
// make a small one wait for all of them.
const maxGroupEvents = 10_000

// Options are a hub's settings; the zero value works.
type Options struct {
	// History is how many events the ring holds; zero means DefaultHistory.
	History int
	// Tracer makes the spans of commits; nil means none.
	Tracer *trace.Tracer
}

// Hub is the shared event hub. Its methods are safe for concurrent use.
type Hub struct {
	log    Log
	ring   *ring
	tracer *trace.Tracer

	counters counters

	// lead is held by the publisher that commits for all who wait.
	lead chan struct{}

	mu      sync.Mutex
	pending []*publication
	subs    map[*Subscription]struct{}
	closed  bool
	done    chan struct{}

	rewritten []func([]*event.Event)
}

// publication is one Publish on its way into a commit.
type publication struct {
	batch   event.Batch
	request *trace.Request // nil for none
	err     error
	done    chan struct{}
}

// New makes a hub over log and fills its ring with the newest events there.
func New(ctx context.Context, log Log, opts Options) (*Hub, error) {
	if opts.History <= 0 {
		opts.History = DefaultHistory
	}
	h := &Hub{
		log:    log,
		ring:   newRing(opts.History),
		tracer: opts.Tracer,
		lead:   make(chan struct{}, 1),
		subs:   make(map[*Subscription]struct{}),
		done:   make(chan struct{}),

		counters: newCounters(),
	}
	log.OnRewritten(h.replace)
	head := log.Head()
	h.ring.head.Store(head)
	after := max(log.First()-1, head-int64(opts.History))
	for after < head {
		events, through, err := log.Read(ctx, after, 0, 1000)
		if err != nil {
			return nil, fmt.Errorf("fill the ring: %w", err)
		}
		for _, e := range events {
			h.ring.push(e)
		}
		if through <= after {
			break
		}
		after = through
	}
	h.ring.head.Store(head) // the newest may be gone
	return h, nil
}

// Publish makes the events durable and hands them to every reader. It returns
// once that is done, with the number of those that the log held already. All
// events are kept or none: an error that wraps event.ErrConflict names the id
// that is taken. It waits for the commit even when ctx ends, since the events
// may be kept by then.
func (h *Hub) Publish(ctx context.Context, events []*event.Event) (duplicates int, err error) {
	p := &publication{batch: event.Batch{Events: events}, request: trace.RequestOf(ctx), done: make(chan struct{})}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return 0, ErrClosed
	}
	h.pending = append(h.pending, p)
	h.mu.Unlock()

	// Whoever gets the lead commits for all that wait; the others find
	// themselves done. No goroutine stands between a publisher and the disk.
	select {
	case <-p.done:
	case h.lead <- struct{}{}:
		for !isClosed(p.done) {
			h.commit(context.WithoutCancel(ctx))
		}
		<-h.lead
	}
	return p.batch.Duplicates, p.err
}

// commit appends the next group of publications. The caller holds the lead.
func (h *Hub) commit(ctx context.Context) {
	h.mu.Lock()
	n, size := 0, 0
	for n < len(h.pending) && (n == 0 || size+len(h.pending[n].batch.Events) <= maxGroupEvents) {
		size += len(h.pending[n].batch.Events)
		n++
	}
	group := h.pending[:n:n]
	if h.pending = h.pending[n:]; len(h.pending) == 0 {
		h.pending = nil
	}
	h.mu.Unlock()

	batches := make([]*event.Batch, len(group))
	for i, p := range group {
		batches[i] = &p.batch
	}
	span := h.traceCommit(group, size)
	err := h.log.Append(ctx, batches)
	span.End(err)
	if err == nil {
		h.counters.groups.Observe(int64(size))
	}
	var types event.TypeSet
	for _, p := range group {
		switch {
		case err != nil:
			p.err = err
		case p.batch.Err != nil:
			p.err = p.batch.Err
		default:
			h.traceEvents(p) // before a lane may see them
			types |= h.keep(p.batch.Events)
			h.counters.duplicates.Add(int64(p.batch.Duplicates))
		}
	}
	if types != 0 {
		h.wake(types)
	}
	for _, p := range group {
		close(p.done)
	}
}

// keep puts committed events into the ring and returns their types.
func (h *Hub) keep(events []*event.Event) (types event.TypeSet) {
	for _, e := range events {
		if e.Seq == 0 { // a duplicate
			continue
		}
		types |= event.Types(e.Type)
		h.ring.push(e)
		h.counters.accept(e.Type)
	}
	return types
}

// wake tells the subscriptions that wait for one of the types.
func (h *Hub) wake(types event.TypeSet) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		if s.types == 0 || s.types&event.AllTypes != 0 || s.types&types != 0 {
			s.notify()
		}
	}
}

// Head returns the newest event's sequence number, zero when there is none.
func (h *Hub) Head() int64 { return h.ring.head.Load() }

// First returns the oldest sequence number that is kept; Head+1 when none is.
func (h *Hub) First() int64 { return h.log.First() }

// Close ends publishing, waits for the commit that is under way, and wakes
// every reader, which then reads what is left and meets ErrClosed. Calling it
// again does nothing.
func (h *Hub) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.closed = true
	h.mu.Unlock()

	h.lead <- struct{}{}
	for h.waiting() {
		h.commit(context.Background())
	}
	<-h.lead

	close(h.done)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.notify()
	}
}

// Done is closed once the hub is.
func (h *Hub) Done() <-chan struct{} { return h.done }

func (h *Hub) waiting() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pending) > 0
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
