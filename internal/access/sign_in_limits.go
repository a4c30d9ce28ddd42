package access

import (
	"net/netip"
	"sync"
	"time"
)

// Three limits hold for sign-in attempts, all of them in memory:
//
//   - an account from one address: a few wrong passwords in a row, then a wait
//     that doubles with each;
//   - an address, for all accounts together;
//   - an account, from all addresses together. It is wide, since others can use
//     it up. An address that has signed in to the account before is trusted and
//     exempt from it: nobody can lock a person out from elsewhere.
//
// An attempt counts when it begins, and is refunded when the password was
// right: so many attempts at once count as many. An IPv6 address counts with
// its /64, which is what one subscriber has.
const (
	freeAttempts = 5 // of one account from one address
	firstWait    = time.Second
	longestWait  = 15 * time.Minute
	forgetAfter  = time.Hour // since the newest attempt
	addressBurst = 30
	addressEvery = 20 * time.Second
	accountBurst = 60
	accountEvery = 30 * time.Second

	// maxRemembered bounds each table of signInLimits. Names that no account has
	// have a table of their own, so that they can't displace accounts.
	maxRemembered = 10_000
)

// signInLimits are the counts behind the limits.
type signInLimits struct {
	mu        sync.Mutex
	pairs     lru[pair, failures]
	addresses lru[netip.Prefix, tokenBucket]
	accounts  lru[string, tokenBucket]
	unknown   lru[string, tokenBucket] // names that no account has
	trusted   lru[pair, struct{}]      // addresses that have signed in to an account
}

// pair is an account's folded name and an address.
type pair struct {
	name    string
	address netip.Prefix
}

// failures are the attempts of a pair since the newest right password.
type failures struct {
	count int
	last  time.Time
	until time.Time // when the next attempt is allowed
}

func newSignInLimits() *signInLimits {
	return &signInLimits{
		pairs:     newLRU[pair, failures](maxRemembered),
		addresses: newLRU[netip.Prefix, tokenBucket](maxRemembered),
		accounts:  newLRU[string, tokenBucket](MaxAccounts),
		unknown:   newLRU[string, tokenBucket](maxRemembered),
		trusted:   newLRU[pair, struct{}](maxRemembered),
	}
}

// Network returns what an address counts as: itself, or the /64 of an IPv6
// address. It is the zero prefix for no address.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero prefix for no address
	return p
}

// signInAttempt is one attempt to sign in.
type signInAttempt struct {
	limits  *signInLimits
	pair    pair
	known   bool // the account exists
	trusted bool
}

// begin counts an attempt, or returns how long to wait before the next one.
// trusted says that the address has a session of the account.
func (l *signInLimits) begin(name string, known bool, address netip.Addr, trusted bool, now time.Time) (*signInAttempt, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &signInAttempt{limits: l, pair: pair{fold(name), Network(address)}, known: known}
	_, signedIn := l.trusted.Get(t.pair)
	t.trusted = trusted || signedIn
	f := l.pairs.getOrAdd(t.pair, func() failures { return failures{} })
	if now.Sub(f.last) > forgetAfter {
		*f = failures{}
	}
	ofAddress, ofAccount := t.buckets(now)
	wait := max(f.until.Sub(now), ofAddress.wait(now))
	if !t.trusted {
		wait = max(wait, ofAccount.wait(now))
	}
	if wait > 0 {
		return nil, wait
	}
	f.count++
	f.last = now
	f.until = now.Add(waitAfter(f.count))
	ofAddress.take()
	if !t.trusted {
		ofAccount.take()
	}
	return t, 0
}

// buckets returns the attempt's token buckets. The caller holds mu.
func (t *signInAttempt) buckets(now time.Time) (ofAddress, ofAccount *tokenBucket) {
	accounts := t.limits.unknown
	if t.known {
		accounts = t.limits.accounts
	}
	return t.limits.addresses.getOrAdd(t.pair.address, func() tokenBucket { return newTokenBucket(addressBurst, addressEvery, now) }),
		accounts.getOrAdd(t.pair.name, func() tokenBucket { return newTokenBucket(accountBurst, accountEvery, now) })
}

// refund undoes the count of an attempt in which no password was compared.
func (t *signInAttempt) refund(now time.Time) {
	t.limits.mu.Lock()
	defer t.limits.mu.Unlock()
	t.refundTokens(now)
	if f, ok := t.limits.pairs.Get(t.pair); ok && f.count > 0 {
		f.count--
		f.until = time.Time{}
	}
}

// succeed undoes the count of an attempt with the right password, forgets the
// failures from the same address, and trusts the address from now on.
func (t *signInAttempt) succeed(now time.Time) {
	t.limits.mu.Lock()
	defer t.limits.mu.Unlock()
	t.refundTokens(now)
	t.limits.pairs.Remove(t.pair)
	t.limits.trusted.getOrAdd(t.pair, func() struct{} { return struct{}{} })
}

func (t *signInAttempt) refundTokens(now time.Time) {
	ofAddress, ofAccount := t.buckets(now)
	ofAddress.give()
	if !t.trusted {
		ofAccount.give()
	}
}

// waitAfter returns how long to wait after so many wrong passwords in a row.
func waitAfter(count int) time.Duration {
	if count < freeAttempts {
		return 0
	}
	return min(firstWait<<min(count-freeAttempts, 20), longestWait)
}

// refusalLog limits how many refused sign-ins the audit records: a client that
// tries passwords all day must not fill the disk.
type refusalLog struct {
	mu      sync.Mutex
	bucket  tokenBucket
	leftOut int64
}

// In the long run the audit records one refused sign-in a second.
const (
	refusalBurst = 60
	refusalEvery = time.Second
)

// record reports whether a refusal may be recorded, and how many weren't since
// the newest one that was.
func (r *refusalLog) record(now time.Time) (ok bool, leftOut int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bucket.every == 0 {
		r.bucket = newTokenBucket(refusalBurst, refusalEvery, now)
	}
	if r.bucket.wait(now) > 0 {
		r.leftOut++
		return false, 0
	}
	r.bucket.take()
	leftOut, r.leftOut = r.leftOut, 0
	return true, leftOut
}
