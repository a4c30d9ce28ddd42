package store

import (
	"context"
	"sync"

	"postern/internal/event"
	"postern/internal/store/database"
)

// erasingQueue wakes RunErasures when an erasure is accepted, and tells the callers
// of Erase when theirs is complete.
type erasingQueue struct {
	accepting sync.Mutex    // held while an erasure, or a hold, is accepted
	accepted  chan struct{} // capacity 1: there may be erasures

	mu      sync.Mutex
	waiting map[int64]chan struct{}
}

func newErasingQueue() *erasingQueue {
	return &erasingQueue{accepted: make(chan struct{}, 1), waiting: make(map[int64]chan struct{})}
}

// accept has insert save an erasure, and closes done when it is complete. The lock
// is held meanwhile: RunErasures finds the erasure at once, and may complete it
// before insert returns its number.
func (q *erasingQueue) accept(done chan struct{}, insert func() (int64, error)) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, err := insert()
	if err != nil {
		return err
	}
	q.waiting[n] = done
	select {
	case q.accepted <- struct{}{}:
	default:
	}
	return nil
}

func (q *erasingQueue) finish(n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if done := q.waiting[n]; done != nil {
		close(done)
		delete(q.waiting, n)
	}
}

// erasuresUnderWay returns the oldest erasures that are not complete.
func (s *Store) erasuresUnderWay(ctx context.Context, limit int) ([]erasing, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT n, identity, at, position, through, events FROM erasing ORDER BY n LIMIT ?", limit)
	if err != nil {
		return nil, err
	}
	return database.Collect(rows, func(row database.Row) (e erasing, err error) {
		var at int64
		if err = row.Scan(&e.n, &e.identity, &at, &e.position, &e.through, &e.events); err != nil {
			return e, err
		}
		e.at = event.FromMicro(at)
		e.identity, err = s.Secrets.Decrypt(e.identity, erasingPlace)
		return e, err
	})
}

// OnRedacted makes the store call f whenever events of the log were erased, or
// removed from its middle (event.Event.IsRemoved). It is called after the commit, by one
// goroutine at a time. Call OnRedacted before RunErasures and Run.
func (s *Store) OnRedacted(f func([]*event.Event)) { s.onRedacted = f }

func (s *Store) tellRedacted(events []*event.Event) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.onRedacted != nil && len(events) > 0 {
		s.onRedacted(events)
	}
}
