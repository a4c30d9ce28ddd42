package access

import (
	"sync"
	"time"
)

// What an account or a key does at no cost to itself leaves an entry each time:
// whoever searches for ever would fill the disk with it. So each may do it a
// few at a time, and then at a pace that people don't reach. Entries alike
// aren't put together instead: one that counts could only be written after the
// looks that it tells of, and a chain of hashes is not rewritten.
//
// Whoever is on this machine where Postern is open to it isn't bounded, nor
// is the console: they have the disk anyway.
const (
	lookBurst   = 100
	lookEvery   = time.Second / 5
	changeBurst = 1000
	changeEvery = time.Second / 20
)

// paces are what accounts and keys have left.
type paces struct {
	mu             sync.Mutex
	looks, changes *recent[pacer, bucket]
}

// pacer is an actor wherever they are.
type pacer struct{ kind, name string }

func newPaces() *paces {
	return &paces{looks: newRecent[pacer, bucket](MaxAccounts + MaxKeys), changes: newRecent[pacer, bucket](MaxAccounts + MaxKeys)}
}

// look counts a look at events that goes on record, or refuses it.
func (p *paces) look(by Actor, now time.Time) error {
	return p.take(p.looks, by, bucket{burst: lookBurst, every: lookEvery}, now,
		"Searches for a person, exports and wall screens that are opened go on record, and these are too many: %d at once, then %d a second. Wait a moment, then go on; one export has as many events as you need.", lookBurst, int(time.Second/lookEvery))
}

// change counts a change, or refuses it.
func (p *paces) change(by Actor, now time.Time) error {
	return p.take(p.changes, by, bucket{burst: changeBurst, every: changeEvery}, now,
		"Changes go on record, and these are too many: %d at once, then %d a second. Nothing was changed. Wait a moment, then send the request again.", changeBurst, int(time.Second/changeEvery))
}

func (p *paces) take(from *recent[pacer, bucket], by Actor, full bucket, now time.Time, words string, args ...any) error {
	if by.Kind != kindAccount && by.Kind != kindKey {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	b := from.get(pacer{by.Kind, by.Name}, func() bucket { return newBucket(full.burst, full.every, now) })
	if wait := b.wait(now); wait > 0 {
		refusal := refuse(ErrTooMany, words, args...)
		refusal.RetryAfter = wait
		return refusal
	}
	b.tokens--
	return nil
}
