package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// erasingQueue tells RunErasures of what was accepted, and who waits of what
// is done.
type erasingQueue struct {
	accepting sync.Mutex    // held while an erasure, or a hold, is accepted
	accepted  chan struct{} // capacity 1: there may be erasures

	mu      sync.Mutex
	waiting map[int64]chan struct{}
}

func newErasingQueue() *erasingQueue {
	return &erasingQueue{accepted: make(chan struct{}, 1), waiting: make(map[int64]chan struct{})}
}

// accept has insert put an erasure into the file, and closes done when it is
// complete. Nothing is finished meanwhile: RunErasures finds it at once, and may
// be done with it before insert returns its number.
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

// erasuresUnderWay returns the oldest erasures that are not done.
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
		e.identity, err = s.sealer.open(e.identity, erasingPlace)
		return e, err
	})
}

// Identity is what the store knows of one identity.
type Identity struct {
	// Events is how many events with its data are in the log; Newest the last
	// of them.
	Events int64
	Newest *event.Event
	// Attempts is how many tries at delivering these failed and are kept.
	Attempts int64
	// Pending is how many deliveries of these wait for another try, or were
	// given up.
	Pending int64
	// Erasing is when an erasure that is under way was asked for; zero for
	// none. Erased are those that are done, oldest first.
	Erasing time.Time
	Erased  []Erasure
}

// Identity returns what the store knows of an identity. It looks through
// the parts of the log that may have it.
func (s *Store) Identity(ctx context.Context, identity string) (Identity, error) {
	var known Identity
	if err := event.CheckIdentity(identity); err != nil {
		return known, err
	}
	fail := func(err error) (Identity, error) { return Identity{}, fmt.Errorf("look up an identity: %w", err) }
	err := s.eachAbout(ctx, identity, 1, s.Head(), func(e *event.Event) error {
		known.Events++
		known.Newest = e
		var attempts, pending int64
		err := s.reader.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM attempts WHERE seq_max = ?1 AND failed > 0), (SELECT count(*) FROM endpoints CROSS JOIN pending ON endpoint = endpoints.n WHERE seq = ?1)", e.Seq).Scan(&attempts, &pending)
		known.Attempts, known.Pending = known.Attempts+attempts, known.Pending+pending
		return err
	})
	if err != nil {
		return fail(err)
	}
	under, err := s.erasuresUnderWay(ctx, maxErasing)
	if err != nil {
		return fail(err)
	}
	for _, one := range under {
		if one.identity == identity {
			known.Erasing = one.at
		}
	}
	rows, err := s.reader.QueryContext(ctx, "SELECT at, events FROM erasures WHERE tag = ? ORDER BY n", s.sealer.tag(identity))
	if err != nil {
		return fail(err)
	}
	known.Erased, err = database.Collect(rows, func(row database.Row) (e Erasure, err error) {
		var at int64
		err = row.Scan(&at, &e.Events)
		e.At = event.FromMicro(at)
		return e, err
	})
	if err != nil {
		return fail(err)
	}
	return known, nil
}

// OnRewritten makes the store call f whenever events in the log have become
// others: erased, or gone from the middle (event.IsGone). It is called after
// the commit, by one goroutine at a time. Call it before RunErasures and Run.
func (s *Store) OnRewritten(f func([]*event.Event)) { s.tellRewritten = f }

func (s *Store) rewritten(events []*event.Event) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.tellRewritten != nil && len(events) > 0 {
		s.tellRewritten(events)
	}
}
