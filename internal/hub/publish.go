package hub

import (
	"context"

	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/trace"
)

// publication is one call of Publish, until its group is committed.
type publication struct {
	batch   event.Batch
	request *trace.Request // nil for none
	err     error
	done    chan struct{} // receives once, when it is committed or refused
}

// newPublication returns any, as sync.Pool requires.
func newPublication() any { return &publication{done: make(chan struct{}, 1)} }

// Publish makes the events durable, hands them to every reader, and returns the
// number of duplicates. It stores all events or none; an error that wraps
// event.ErrConflict names the id that is taken. It waits for the commit even if
// ctx ends, because by then the events may be stored.
func (h *Hub) Publish(ctx context.Context, events []*event.Event) (duplicates int, err error) {
	return h.PublishFrom(ctx, "", events)
}

// PublishFrom is Publish for a named producer: its events are compared with its
// own earlier events only. An event whose id another producer has taken gets a
// new id and is no duplicate.
func (h *Hub) PublishFrom(ctx context.Context, producer string, events []*event.Event) (duplicates int, err error) {
	return h.publish(ctx, event.Batch{Events: events, Producer: producer})
}

// PublishSnapshot is PublishFrom for an event and its snapshot, whose file is in the
// data folder. A duplicate doesn't get it.
func (h *Hub) PublishSnapshot(ctx context.Context, producer string, e *event.Event, stored *snapshot.Stored) (
	duplicates int, err error,
) {
	return h.publish(ctx, event.Batch{Events: []*event.Event{e}, Producer: producer, Snapshot: stored})
}

func (h *Hub) publish(ctx context.Context, batch event.Batch) (duplicates int, err error) {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return 0, ErrClosed
	}
	p := h.publications.Get().(*publication)
	p.batch, p.request = batch, trace.RequestOf(ctx)
	h.pending = append(h.pending, p)
	h.mu.Unlock()

	// One publisher becomes the leader and commits for all pending ones. That
	// way no goroutine stands between a publisher and the disk.
	select {
	case <-p.done:
	case h.leader <- struct{}{}:
		for !received(p.done) {
			h.commit(context.WithoutCancel(ctx))
		}
		<-h.leader
	}
	duplicates, err = p.batch.Duplicates, p.err
	*p = publication{done: p.done}
	h.publications.Put(p)
	return duplicates, err
}
