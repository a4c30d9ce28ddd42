package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"postern/internal/account"
)

// Limits of a password.
const (
	MinPasswordLength = 10   // characters
	MaxPasswordBytes  = 1024 // bytes of UTF-8

	minPasswordLetters = 4 // different characters
)

// ownParams hash new passwords: above the least that OWASP asks for (46 MiB in
// one pass), and about 70 ms on a server's core.
var ownParams = params{memoryKiB: 46 << 10, passes: 2, threads: 1}

// cheapParams are too cheap for a password that protects anything.
var cheapParams = params{memoryKiB: 8, passes: 1, threads: 1}

const (
	saltBytes = 16
	hashBytes = 32
)

// Bounds of hashing: how many passwords at once, since each takes the memory
// above, and how many may wait.
const (
	hashesAtOnce  = 2
	hashesWaiting = 32
)

// CheckPassword says what is wrong with a new password for an account.
func CheckPassword(name string, password Secret) error {
	text := password.Reveal()
	letters := map[rune]bool{}
	for _, r := range text {
		letters[r] = true
	}
	switch {
	case !utf8.ValidString(text):
		return invalid("password", "The password is not text in UTF-8.")
	case len(text) > MaxPasswordBytes:
		return invalid("password", "The password is longer than %d bytes.", MaxPasswordBytes)
	case utf8.RuneCountInString(text) < MinPasswordLength:
		return invalid("password", "The password must have at least %d characters; four or five words that don't belong together are easy to remember.", MinPasswordLength)
	case len(letters) < minPasswordLetters:
		return invalid("password", "The password must have at least %d different characters.", minPasswordLetters)
	case strings.EqualFold(strings.TrimSpace(text), name):
		return invalid("password", "The password must not be the account's name.")
	}
	return nil
}

// generatedLength is a made password's: more than 140 bits.
const generatedLength = 24

// GeneratePassword makes a password.
func GeneratePassword() Secret { return NewSecret(randomText(generatedLength)) }

// hasher hashes passwords, a few at a time.
type hasher struct {
	params  params
	turns   chan struct{}
	waiting atomic.Int32
	nobody  account.PasswordHash // is compared with where there is no account
}

func newHasher(p params) *hasher {
	h := &hasher{params: p, turns: make(chan struct{}, hashesAtOnce)}
	// Nobody has this password: it is no hash of any.
	none := phc{params: p, salt: make([]byte, saltBytes), hash: make([]byte, hashBytes)}
	h.nobody = account.PasswordHash(none.String())
	return h
}

// turn waits for one of the few turns; the caller gives it back.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	if h.waiting.Add(1) > hashesAtOnce+hashesWaiting {
		h.waiting.Add(-1)
		busy := refuse(ErrBusy, "Too many people are signing in at this moment. Try again in a few seconds.")
		busy.RetryAfter = 3 * time.Second
		return nil, busy
	}
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns; h.waiting.Add(-1) }, nil
	case <-ctx.Done():
		h.waiting.Add(-1)
		return nil, ctx.Err()
	}
}

// hash hashes a new password.
func (h *hasher) hash(ctx context.Context, password Secret) (account.PasswordHash, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	p := phc{params: h.params, salt: make([]byte, saltBytes)}
	_, _ = rand.Read(p.salt) // never fails
	p.hash = derive(p, password, hashBytes)
	return account.PasswordHash(p.String()), nil
}

// verify reports whether it is the password, and whether its hash was made
// with other parameters than those in use now.
func (h *hasher) verify(ctx context.Context, hash account.PasswordHash, password Secret) (same, stale bool, err error) {
	p, err := parsePHC(string(hash))
	if err != nil {
		return false, false, err
	}
	if len(password.Reveal()) > MaxPasswordBytes { // it can't be one
		password = Secret{}
	}
	done, err := h.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	same = subtle.ConstantTimeCompare(derive(p, password, len(p.hash)), p.hash) == 1
	return same, p.params != h.params || len(p.salt) != saltBytes || len(p.hash) != hashBytes, nil
}

func derive(p phc, password Secret, length int) []byte {
	return argon2.IDKey([]byte(password.Reveal()), p.salt, p.passes, p.memoryKiB, p.threads, uint32(length))
}
