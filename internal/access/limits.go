package access

import (
	"net/netip"
	"sync"
	"time"
)

// Passwords are tried under three limits, all in memory:
//
//   - of an account from an address, a few at once, and then after a wait that
//     doubles with each;
//   - of an address, for all accounts together;
//   - of an account, for all addresses together: wide, since it is others who
//     fill it. An address that has signed in to the account before is exempt
//     from this one, so that nobody can lock somebody out from elsewhere.
//
// A try is counted when it begins and taken back when it was right, so that
// many at once are many. An IPv6 address counts with its /64, which is what
// one subscriber has.
const (
	freeTries    = 5 // of one account from one address
	firstWait    = time.Second
	longestWait  = 15 * time.Minute
	triesForget  = time.Hour // after the last one
	addressBurst = 30
	addressEvery = 20 * time.Second
	accountBurst = 60
	accountEvery = 30 * time.Second

	// maxRemembered bounds each of the tables below. Names that no account
	// has are kept apart, so that they can't drive out those of accounts.
	maxRemembered = 10_000
)

type limits struct {
	mu        sync.Mutex
	pairs     *recent[pair, tries]
	addresses *recent[netip.Prefix, bucket]
	accounts  *recent[string, bucket]
	strangers *recent[string, bucket]
	familiar  *recent[pair, struct{}] // has signed in
}

// pair is an account's folded name and an address.
type pair struct {
	name    string
	address netip.Prefix
}

type tries struct {
	count int
	last  time.Time
	until time.Time // no other one before
}

func newLimits() *limits {
	return &limits{
		pairs:     newRecent[pair, tries](maxRemembered),
		addresses: newRecent[netip.Prefix, bucket](maxRemembered),
		accounts:  newRecent[string, bucket](MaxAccounts),
		strangers: newRecent[string, bucket](maxRemembered),
		familiar:  newRecent[pair, struct{}](maxRemembered),
	}
}

// Network returns what an address is counted as: itself, or the /64 of an IPv6
// address, which is what one subscriber has. It is the zero prefix for no address.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero prefix for no address
	return p
}

// try is one try to sign in.
type try struct {
	limits   *limits
	pair     pair
	known    bool // the account exists
	familiar bool
}

// begin counts a try, or says how long to wait before another one. familiar
// says that the address has a session of the account.
func (l *limits) begin(name string, known bool, address netip.Addr, familiar bool, now time.Time) (*try, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &try{limits: l, pair: pair{fold(name), Network(address)}, known: known}
	t.familiar = familiar || l.familiar.peek(t.pair) != nil
	p := l.pairs.get(t.pair, func() tries { return tries{} })
	if now.Sub(p.last) > triesForget {
		*p = tries{}
	}
	ofAddress, ofAccount := t.buckets(now)
	wait := max(p.until.Sub(now), ofAddress.wait(now))
	if !t.familiar {
		wait = max(wait, ofAccount.wait(now))
	}
	if wait > 0 {
		return nil, wait
	}
	p.count++
	p.last = now
	p.until = now.Add(waitAfter(p.count))
	ofAddress.tokens--
	if !t.familiar {
		ofAccount.tokens--
	}
	return t, 0
}

// buckets returns the try's buckets. The caller holds mu.
func (t *try) buckets(now time.Time) (ofAddress, ofAccount *bucket) {
	table := t.limits.strangers
	if t.known {
		table = t.limits.accounts
	}
	return t.limits.addresses.get(t.pair.address, func() bucket { return newBucket(addressBurst, addressEvery, now) }),
		table.get(t.pair.name, func() bucket { return newBucket(accountBurst, accountEvery, now) })
}

// takeBack uncounts a try that was none: nothing was compared.
func (t *try) takeBack(now time.Time) {
	t.limits.mu.Lock()
	defer t.limits.mu.Unlock()
	t.refund(now)
	if p := t.limits.pairs.peek(t.pair); p != nil && p.count > 0 {
		p.count--
		p.until = time.Time{}
	}
}

// right uncounts a try that was right, forgets those before it from the same
// address, and remembers the address.
func (t *try) right(now time.Time) {
	t.limits.mu.Lock()
	defer t.limits.mu.Unlock()
	t.refund(now)
	t.limits.pairs.remove(t.pair)
	t.limits.familiar.get(t.pair, func() struct{} { return struct{}{} })
}

func (t *try) refund(now time.Time) {
	ofAddress, ofAccount := t.buckets(now)
	ofAddress.give()
	if !t.familiar {
		ofAccount.give()
	}
}

// waitAfter is how long to wait after so many wrong tries in a row.
func waitAfter(count int) time.Duration {
	if count < freeTries {
		return 0
	}
	return min(firstWait<<min(count-freeTries, 20), longestWait)
}

// bucket holds tokens; one comes back every so often, up to burst.
type bucket struct {
	tokens, burst float64
	every         time.Duration
	at            time.Time
}

func newBucket(burst float64, every time.Duration, now time.Time) bucket {
	return bucket{tokens: burst, burst: burst, every: every, at: now}
}

// wait is how long it takes until there is a token; zero if there is one.
func (b *bucket) wait(now time.Time) time.Duration {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.burst, b.tokens+float64(passed)/float64(b.every))
	}
	b.at = now
	if b.tokens >= 1 {
		return 0
	}
	return max(time.Duration((1-b.tokens)*float64(b.every)), time.Millisecond)
}

func (b *bucket) give() { b.tokens = min(b.burst, b.tokens+1) }

// refusals bounds how many refused sign-ins the audit takes: who tries
// passwords all day must not fill the disk with it.
type refusals struct {
	mu      sync.Mutex
	bucket  bucket
	leftOut int64
}

// One refused sign-in a second is recorded in the long run.
const (
	refusalBurst = 60
	refusalEvery = time.Second
)

// take reports whether a refusal may be recorded, and how many weren't since
// the last one that was.
func (r *refusals) take(now time.Time) (ok bool, leftOut int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bucket.every == 0 {
		r.bucket = newBucket(refusalBurst, refusalEvery, now)
	}
	if r.bucket.wait(now) > 0 {
		r.leftOut++
		return false, 0
	}
	r.bucket.tokens--
	leftOut, r.leftOut = r.leftOut, 0
	return true, leftOut
}
