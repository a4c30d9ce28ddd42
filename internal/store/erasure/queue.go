package erasure

import (
	"sync"
)

// queue wakes Run when an erasure is accepted, and tells the callers of Erase when theirs is
// complete.
type queue struct {
	accepted chan struct{} // capacity 1: there may be erasures

	mu      sync.Mutex
	waiting map[int64]chan struct{}
}

func newQueue() *queue {
	return &queue{accepted: make(chan struct{}, 1), waiting: make(map[int64]chan struct{})}
}

// accept has insert save an erasure, and closes done when it is complete. The lock
// is held meanwhile: Run finds the erasure at once, and may complete it
// before insert returns its number.
func (q *queue) accept(done chan struct{}, insert func() (int64, error)) error {
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

func (q *queue) finish(n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if done := q.waiting[n]; done != nil {
		close(done)
		delete(q.waiting, n)
	}
}
