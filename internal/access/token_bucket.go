package access

import "time"

// tokenBucket is a rate limiter: each use takes a token, and one comes back
// every so often, up to burst.
//
// It isn't golang.org/x/time/rate: a sign-in that was right gives back its
// tokens later, and rate.Reservation.Cancel gives back none whose time has
// come.
type tokenBucket struct {
	tokens, burst float64
	every         time.Duration
	at            time.Time
}

func newTokenBucket(burst float64, every time.Duration, now time.Time) tokenBucket {
	return tokenBucket{tokens: burst, burst: burst, every: every, at: now}
}

// wait returns how long it takes until there is a token; zero if there is one.
func (b *tokenBucket) wait(now time.Time) time.Duration {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.burst, b.tokens+float64(passed)/float64(b.every))
	}
	b.at = now
	if b.tokens >= 1 {
		return 0
	}
	return max(time.Duration((1-b.tokens)*float64(b.every)), time.Millisecond)
}

// take takes a token. The caller has made sure with wait that there is one.
func (b *tokenBucket) take() { b.tokens-- }

// give gives a token back.
func (b *tokenBucket) give() { b.tokens = min(b.burst, b.tokens+1) }
