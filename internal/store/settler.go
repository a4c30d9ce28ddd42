package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A settlement waits for an append whose commit it can share, because a commit
// of its own delays the appends behind it by a whole fsync. Without an append
// it goes alone after settleDelay, or after settleFactor times the duration of
// the newest commit where that is longer, but after settleMost at the latest.
// On a slow disk a commit that only settles is thus rare. The wait bounds how
// much is delivered again after a crash.
const (
	settleDelay  = 50 * time.Millisecond
	settleFactor = 10
	settleMost   = 2 * time.Second
)

// settleRipe is how old the oldest settlement is before an append takes all of
// them along. A worker gathers the results of that time in one settlement,
// which is one row: a row for each single attempt takes twice the space. A
// commit that is under way gives a worker the same time.
const settleRipe = settleDelay / 2

// settleAtOnce is the number of attempts that is worth a commit of its own.
const settleAtOnce = 500

// delay returns how long settlements wait for an append where a commit takes
// so long.
func delay(commit time.Duration) time.Duration {
	return min(max(settleDelay, settleFactor*commit), settleMost)
}

// ripe returns the age from which an append takes settlements along where a
// commit takes so long.
func ripe(commit time.Duration) time.Duration { return max(0, settleRipe-commit) }

// settler collects the settlements of all workers, so that one commit takes
// all of them.
type settler struct {
	mu      sync.Mutex
	waiting rides

	lead chan struct{} // held by the one caller of Settle that commits
}

// ride is a settlement that waits, and its outcome.
type ride struct {
	s      *Settlement
	since  time.Time
	urgent bool       // it waits for no append; belongs to the settler
	done   chan error // buffered
}

type rides []*ride

// finish tells the callers of Settle.
func (r rides) finish(err error) {
	for _, one := range r {
		one.done <- err
	}
}

// add puts a settlement into the queue.
func (q *settler) add(r *ride) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
}

// hurry lets a settlement, and with it the others in the queue, wait no longer.
func (q *settler) hurry(r *ride) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r.urgent = true
}

// take empties the queue once its oldest settlement has the age, or one is
// urgent.
func (q *settler) take(age time.Duration) rides {
	q.mu.Lock()
	defer q.mu.Unlock()
	urgent := func(r *ride) bool { return r.urgent }
	if len(q.waiting) == 0 || time.Since(q.waiting[0].since) < age && !slices.ContainsFunc(q.waiting, urgent) {
		return nil
	}
	r := q.waiting
	q.waiting = nil
	return r
}

// Settle makes a settlement durable: with an append, or without one after a
// delay that depends on how long commits take, or at once when it is large or
// ctx ends. It always waits for the outcome. Settling for a removed endpoint
// records its attempts and no more.
func (j *Store) Settle(ctx context.Context, s *Settlement) error {
	me := &ride{s: s, since: time.Now(), done: make(chan error, 1)}
	j.settle.add(me)
	if err := j.settled(ctx, me); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return nil
}

// settled waits until a settlement is committed, and commits it if nobody else
// does.
func (s *Store) settled(ctx context.Context, me *ride) error {
	ended := ctx.Done()
	timer := time.NewTimer(delay(s.write.lastCommit()))
	defer timer.Stop()
	for hurry := len(me.s.Attempts) >= settleAtOnce; ; {
		if hurry {
			s.settle.hurry(me)
		} else {
			select {
			case err := <-me.done:
				return err
			case <-timer.C:
			case <-ended:
				ended, hurry = nil, true
				continue
			}
		}
		select {
		case err := <-me.done:
			return err
		case s.settle.lead <- struct{}{}:
			s.settleDue(ctx)
			<-s.settle.lead
		}
		if !hurry {
			// The commits have become slower meanwhile, or an append was about to
			// take it.
			timer.Reset(max(delay(s.write.lastCommit())-time.Since(me.since), time.Millisecond))
		}
	}
}

// settleDue commits the settlements whose time has come, unless an append waits
// too: that takes them along.
func (s *Store) settleDue(ctx context.Context) {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	if s.write.appending.Load() == 0 {
		s.settleWaiting(ctx, delay(s.write.lastCommit()))
	}
}

// settleWaiting commits the settlements once the oldest has the age. The caller
// holds write.mu.
func (s *Store) settleWaiting(ctx context.Context, age time.Duration) {
	if waiting := s.settle.take(age); len(waiting) > 0 {
		waiting.finish(s.write.commit(ctx, func() error { return s.applySettlements(ctx, waiting) }))
	}
}
