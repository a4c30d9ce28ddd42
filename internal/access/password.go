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
	"postern/internal/problem"
)

// Limits of a password.
const (
	MinPasswordLength = 10   // characters
	MaxPasswordBytes  = 1024 // bytes of UTF-8

	minPasswordLetters = 4 // different characters
)

// ownParams are the parameters for new passwords: above OWASP's minimum (46 MiB
// in one pass), and about 70 ms on a server's core.
var ownParams = params{memoryKiB: 46 << 10, passes: 2, threads: 1}

// cheapParams are too cheap for a password that protects anything.
var cheapParams = params{memoryKiB: 8, passes: 1, threads: 1}

const (
	saltBytes = 16
	hashBytes = 32
)

// Limits of hashing: how many passwords are hashed at once, since each takes the
// memory above, and how many more may wait to be checked.
const (
	hashesAtOnce  = 2
	hashesWaiting = 32
)

// CheckPassword returns what is wrong with a new password of an account; nil if
// nothing is.
func CheckPassword(name string, password Secret) error {
	text := password.Reveal()
	letters := map[rune]bool{}
	for _, r := range text {
		letters[r] = true
	}
	switch {
	case !utf8.ValidString(text):
		return problem.InvalidField("password", "The password is not text in UTF-8.")
	case len(text) > MaxPasswordBytes:
		return problem.InvalidField("password", "The password is longer than %d bytes.", MaxPasswordBytes)
	case utf8.RuneCountInString(text) < MinPasswordLength:
		return problem.InvalidField("password",
			"The password must have at least %d characters; four or five words that don't belong together are easy to remember.", MinPasswordLength)
	case len(letters) < minPasswordLetters:
		return problem.InvalidField("password", "The password must have at least %d different characters.", minPasswordLetters)
	case strings.EqualFold(strings.TrimSpace(text), name):
		return problem.InvalidField("password", "The password must not be the account's name.")
	}
	return nil
}

// generatedLength is the length of a generated password: more than 140 bits.
const generatedLength = 24

// GeneratePassword returns a random password.
func GeneratePassword() Secret { return NewSecret(randomText(generatedLength)) }

// hasher hashes passwords, a few at a time.
type hasher struct {
	params    params
	slots     chan struct{}
	waiting   atomic.Int32
	noAccount account.PasswordHash // takes the place of the hash where there is no account
}

func newHasher(p params) *hasher {
	h := &hasher{params: p, slots: make(chan struct{}, hashesAtOnce)}
	// No password has this hash.
	none := phc{params: p, salt: make([]byte, saltBytes), hash: make([]byte, hashBytes)}
	h.noAccount = account.PasswordHash(none.String())
	return h
}

// acquire waits for a slot, which the caller releases. It refuses where too many
// wait already.
func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > hashesWaiting {
		busy := problem.New(problem.Unavailable, "Too many people are signing in at this moment. Try again in a few seconds.")
		busy.RetryAfter = 3 * time.Second
		return nil, busy
	}
	return h.wait(ctx)
}

// wait waits for a slot, which the caller releases.
func (h *hasher) wait(ctx context.Context) (release func(), err error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash hashes a new password. It waits however many wait: anybody can send
// passwords to be checked, and must not keep an administrator from setting one.
func (h *hasher) hash(ctx context.Context, password Secret) (account.PasswordHash, error) {
	release, err := h.wait(ctx)
	if err != nil {
		return "", err
	}
	defer release()
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
	release, err := h.acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	same = subtle.ConstantTimeCompare(derive(p, password, len(p.hash)), p.hash) == 1
	return same, p.params != h.params || len(p.salt) != saltBytes || len(p.hash) != hashBytes, nil
}

func derive(p phc, password Secret, length int) []byte {
	return argon2.IDKey([]byte(password.Reveal()), p.salt, p.passes, p.memoryKiB, p.threads, uint32(length))
}
