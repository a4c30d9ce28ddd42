package database

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A shared change waits for an append whose commit it can share, because a commit
// of its own delays the appends behind it by a whole fsync. Without an append it
// lingers for LingerTime, or for lingerFactor times the duration of the newest
// commit where that is longer, but for LingerMost at the most; then it is
// committed alone. On a slow disk a commit of shared changes alone is thus rare.
// The linger bounds how much is delivered again after a crash.
const (
	LingerTime   = 50 * time.Millisecond
	lingerFactor = 10
	LingerMost   = 2 * time.Second
)

// ShareAge is how old the oldest shared change is before an append takes all of
// them along. A delivery worker gathers the results of that time in one change,
// which is one row: a row for each single attempt takes twice the space. A
// commit that is under way gives a worker the same time.
const ShareAge = LingerTime / 2

// linger returns how long shared changes wait for an append where a commit takes
// so long.
func linger(commit time.Duration) time.Duration {
	return min(max(LingerTime, lingerFactor*commit), LingerMost)
}

// ripeAge returns the age from which an append takes shared changes along where a
// commit takes so long.
func ripeAge(commit time.Duration) time.Duration { return max(0, ShareAge-commit) }

// groupCommit gathers the shared changes of all callers, so that one commit takes
// all of them.
type groupCommit struct {
	mu      sync.Mutex
	waiting Group

	leader chan struct{} // held by the one caller of WriteShared that commits
}

func newGroupCommit() *groupCommit { return &groupCommit{leader: make(chan struct{}, 1)} }

// Group is the shared changes that one commit takes.
type Group []*sharedChange

// sharedChange is a change that waits, and its outcome.
type sharedChange struct {
	do     func(*Tx) error
	since  time.Time
	urgent bool       // it waits for no append; guarded by the groupCommit
	done   chan error // buffered
}

// Apply runs the changes within a transaction.
func (g Group) Apply(tx *Tx) error {
	for _, change := range g {
		if err := change.do(tx); err != nil {
			return err
		}
	}
	return nil
}

// Finish tells the callers of WriteShared the outcome of the commit.
func (g Group) Finish(err error) {
	for _, change := range g {
		change.done <- err
	}
}

// add queues a change.
func (q *groupCommit) add(c *sharedChange) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, c)
}

// hurry lets a change, and with it the others in the queue, wait no longer.
func (q *groupCommit) hurry(c *sharedChange) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.urgent = true
}

// take empties the queue once its oldest change has the age, or one is urgent.
func (q *groupCommit) take(age time.Duration) Group {
	q.mu.Lock()
	defer q.mu.Unlock()
	urgent := func(c *sharedChange) bool { return c.urgent }
	if len(q.waiting) == 0 || time.Since(q.waiting[0].since) < age && !slices.ContainsFunc(q.waiting, urgent) {
		return nil
	}
	g := q.waiting
	q.waiting = nil
	return g
}

// TakeShared returns the shared changes that the commit of an append is to take
// along. The caller holds the write lock, runs Apply in its transaction and calls
// Finish with the outcome.
func (db *DB) TakeShared() Group { return db.group.take(ripeAge(db.writer.lastCommit())) }

// WriteShared runs do in a transaction that it may share with others, and makes it
// durable: with an append, or without one after a linger that depends on how long
// commits take, or at once where atOnce is set or ctx ends. It always waits for
// the outcome. An error of do undoes the whole transaction, the append's too. do may
// run twice; then the first time was undone.
func (db *DB) WriteShared(ctx context.Context, atOnce bool, do func(*Tx) error) error {
	me := &sharedChange{do: do, since: time.Now(), done: make(chan error, 1)}
	db.group.add(me)
	ended := ctx.Done()
	timer := time.NewTimer(linger(db.writer.lastCommit()))
	defer timer.Stop()
	for {
		if atOnce {
			db.group.hurry(me)
		} else {
			select {
			case err := <-me.done:
				return err
			case <-timer.C:
			case <-ended:
				ended, atOnce = nil, true
				continue
			}
		}
		select {
		case err := <-me.done:
			return err
		case db.group.leader <- struct{}{}:
			db.commitShared(ctx)
			<-db.group.leader
		}
		if !atOnce {
			// Commits are slower meanwhile, or an append was about to take the
			// change along.
			timer.Reset(max(linger(db.writer.lastCommit())-time.Since(me.since), time.Millisecond))
		}
	}
}

// commitShared commits the shared changes that have lingered long enough, unless an
// append waits too: that takes them along.
func (db *DB) commitShared(ctx context.Context) {
	db.Lock()
	defer db.Unlock()
	if db.writer.lock.appendWaits() {
		return
	}
	if g := db.group.take(linger(db.writer.lastCommit())); len(g) > 0 {
		g.Finish(db.Commit(ctx, g.Apply))
	}
}

// CommitWaiting commits the shared changes that wait, at once. The caller holds the
// write lock.
func (db *DB) CommitWaiting(ctx context.Context) {
	if g := db.group.take(0); len(g) > 0 {
		g.Finish(db.Commit(ctx, g.Apply))
	}
}
