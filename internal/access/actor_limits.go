package access

import (
	"sync"
	"time"

	"postern/internal/problem"
)

// Each audited read and change writes an entry. Without a limit, a client that
// searches without end would fill the disk. So each account and each key has a token
// bucket, whose rate no person reaches. Entries aren't merged instead: an entry with
// a count could only be written after the reads that it counts, and a chain of hashes
// is never rewritten. Looks at snapshots alone are merged within a minute, since a list
// shows dozens at once; the first of them has an entry of its own before it is shown.
//
// The local principal and the console have no limit: they have the disk anyway.
const (
	readBurst   = 100
	readEvery   = time.Second / 5
	changeBurst = 1000
	changeEvery = time.Second / 20
)

// actorLimits limit the audited reads and changes of each account and key.
type actorLimits struct {
	mu             sync.Mutex
	reads, changes lru[actorKey, tokenBucket]
}

// actorKey is an account or a key, at any address.
type actorKey struct{ kind, name string }

func newActorLimits() *actorLimits {
	return &actorLimits{
		reads:   newLRU[actorKey, tokenBucket](MaxAccounts + MaxKeys),
		changes: newLRU[actorKey, tokenBucket](MaxAccounts + MaxKeys),
	}
}

// read counts an audited read, or refuses it.
func (l *actorLimits) read(by Actor, now time.Time) error {
	wait := l.take(l.reads, by, readBurst, readEvery, now)
	return tooMany(wait, "Searches for a person, exports, snapshots and wall screens that are opened go on record, and these are too many: "+
		"%d at once, then %d a second. Wait a moment, then go on; one export has as many events as you need.", readBurst,
		int(time.Second/readEvery))
}

// change counts a change, or refuses it.
func (l *actorLimits) change(by Actor, now time.Time) error {
	wait := l.take(l.changes, by, changeBurst, changeEvery, now)
	return tooMany(wait, "Changes go on record, and these are too many: %d at once, then %d a second. "+
		"Nothing was changed. Wait a moment, then send the request again.", changeBurst, int(time.Second/changeEvery))
}

// take takes a token of the actor's, or returns how long to wait for one.
func (l *actorLimits) take(from lru[actorKey, tokenBucket], by Actor, burst float64, every time.Duration, now time.Time) time.Duration {
	if by.Kind != kindAccount && by.Kind != kindKey {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := from.getOrAdd(actorKey{by.Kind, by.Name}, func() tokenBucket { return newTokenBucket(burst, every, now) })
	if wait := bucket.wait(now); wait > 0 {
		return wait
	}
	bucket.take()
	return 0
}

// tooMany is the refusal of a client that has to wait; nil where it hasn't.
func tooMany(wait time.Duration, format string, args ...any) error {
	if wait <= 0 {
		return nil
	}
	refusal := problem.New(problem.TooMany, format, args...)
	refusal.RetryAfter = wait
	return refusal
}
