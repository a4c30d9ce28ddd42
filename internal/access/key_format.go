package access

import (
	"crypto/rand"
	"hash/crc32"
	"strings"

	"postern/internal/problem"
)

// A key is pst_, 43 random characters (256 bits), and 6 characters of a checksum:
// the CRC-32 of all characters before it. So a scanner for leaked secrets
// recognizes a key, and a typo isn't taken for a revoked key.
const (
	keyPrefix   = "pst_"
	keyRandom   = 43
	keyChecksum = 6
	keyLength   = len(keyPrefix) + keyRandom + keyChecksum
	hintLength  = len(keyPrefix) + 4

	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newKey returns a random key.
func newKey() Secret {
	text := keyPrefix + randomText(keyRandom)
	return NewSecret(text + checksum(text))
}

// randomText returns n characters of base62, each as likely as any other.
func randomText(n int) string {
	out := make([]byte, 0, n)
	var b [64]byte
	for len(out) < n {
		_, _ = rand.Read(b[:]) // never fails
		for _, c := range b {
			// 248 is four times 62: the bytes from 248 on would favour some characters.
			if c < 248 && len(out) < n {
				out = append(out, base62[c%62])
			}
		}
	}
	return string(out)
}

func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var out [keyChecksum]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return string(out[:])
}

// checkKey returns what is wrong with a key's form; nil if nothing is. The error
// has nothing of the key.
func checkKey(text string) error {
	random, ok := strings.CutPrefix(text, keyPrefix)
	switch {
	case text == "":
		return problem.New(problem.Unauthenticated, "The key is empty. Send it as Authorization: Bearer %s…", keyPrefix)
	case !ok:
		return problem.New(problem.Unauthenticated, "This is not a key of Postern's: those begin with %s. Make one with: postern key add",
			keyPrefix)
	case len(text) != keyLength:
		return problem.New(problem.Unauthenticated,
			"The key has %d characters instead of %d. It was cut, or something was added; copy it again.", len(text), keyLength)
	case strings.Trim(random, base62) != "" || checksum(text[:keyLength-keyChecksum]) != text[keyLength-keyChecksum:]:
		return problem.New(problem.Unauthenticated, "The key has a wrong character somewhere; copy it again.")
	}
	return nil
}
