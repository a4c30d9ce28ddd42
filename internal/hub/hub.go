package hub

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/trace"
)

// ErrClosed says that the hub takes and gives no more events, since the
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

// maxGroupEvents bounds one commit, so that a flood of large requests can't
// make a small one wait for all of them.
const maxGroupEvents = 10_000

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

	// lead is held by the publisher that commits for all who wait. The two
	// below are its own, and empty but during a commit.
	lead    chan struct{}
	group   []*publication
	batches []*event.Batch

	publications sync.Pool // used ones, for the next Publish

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
	done    chan struct{} // gets one value once it is committed or refused
}

// newPublication makes one; sync.Pool wants it like this.
func newPublication() any { return &publication{done: make(chan struct{}, 1)} }

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
		lead:   make(chan struct{}, 1),
		subs:   make(map[*Subscription]struct{}),
		done:   make(chan struct{}),

		counters: newCounters(),

		publications: sync.Pool{New: newPublication},
	}
	log.OnRewritten(h.replace)
	if err := h.fillRing(ctx, log.Head()); err != nil {
		return nil, fmt.Errorf("fill the ring: %w", err)
	}
	return h, nil
}

// fillRing reads the newest events, up to head, as far back as the ring holds
// them.
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
	h.ring.head.Store(head) // the newest may be gone
	return nil
}

// Publish makes the events durable and hands them to every reader. It returns
// once that is done, with the number of those that the log held already. All
// events are kept or none: an error that wraps event.ErrConflict names the id
// that is taken. It waits for the commit even when ctx ends, since the events
// may be kept by then.
func (h *Hub) Publish(ctx context.Context, events []*event.Event) (duplicates int, err error) {
	return h.PublishFrom(ctx, "", events)
}

// PublishFrom is Publish for a producer that has a name: duplicates and ids
// that are taken are its own events'. Events whose ids are another producer's
// get new ones, and are duplicates of nothing.
func (h *Hub) PublishFrom(ctx context.Context, producer string, events []*event.Event) (duplicates int, err error) {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return 0, ErrClosed
	}
	p := h.publications.Get().(*publication)
	p.batch.Events, p.batch.Producer, p.request = events, producer, trace.RequestOf(ctx)
	h.pending = append(h.pending, p)
	h.mu.Unlock()

	// Whoever gets the lead commits for all that wait; the others find
	// themselves done. No goroutine stands between a publisher and the disk.
	select {
	case <-p.done:
	case h.lead <- struct{}{}:
		for !received(p.done) {
			h.commit(context.WithoutCancel(ctx))
		}
		<-h.lead
	}
	duplicates, err = p.batch.Duplicates, p.err
	*p = publication{done: p.done}
	h.publications.Put(p)
	return duplicates, err
}

// gather lets publishers that are about to wait for a commit join the next
// one: as long as more have come since the last look, whoever can run does so
// first. Where nobody can it takes no time; under load commits are fewer and
// larger.
func (h *Hub) gather() {
	for before, now := 0, h.waiting(); before < now && now < maxGroupEvents; before, now = now, h.waiting() {
		runtime.Gosched()
	}
}

// take takes the next group of publications and counts its events. The caller
// holds the lead.
func (h *Hub) take() (size int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for n < len(h.pending) && (n == 0 || size+len(h.pending[n].batch.Events) <= maxGroupEvents) {
		size += len(h.pending[n].batch.Events)
		n++
	}
	h.group = append(h.group, h.pending[:n]...)
	h.pending = slices.Delete(h.pending, 0, n)
	for _, p := range h.group {
		h.batches = append(h.batches, &p.batch)
	}
	return size
}

// commit appends the next group of publications. The caller holds the lead.
func (h *Hub) commit(ctx context.Context) {
	h.gather()
	size := h.take()
	group := h.group
	span := h.traceCommit(group, size)
	err := h.log.Append(ctx, h.batches)
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
			h.counters.duplicates.Add(int64(p.batch.Duplicates + p.batch.Echoes))
		}
	}
	if types != 0 {
		h.wake(types)
	}
	for i, p := range group {
		group[i], h.batches[i] = nil, nil
		p.done <- struct{}{} // from here on it is its publisher's again
	}
	h.group, h.batches = group[:0], h.batches[:0]
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

// ReadBytes returns the limit on the bytes of events that one Poll returns.
func (h *Hub) ReadBytes() int64 { return h.reads }

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
	for h.waiting() > 0 {
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

// waiting counts the publications that no commit has taken yet.
func (h *Hub) waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pending)
}

// received reports whether c is closed or, then taking it, has a value.
func received(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
