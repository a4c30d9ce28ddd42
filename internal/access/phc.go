package access

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// params are the parameters of argon2id.
type params struct {
	memoryKiB uint32
	passes    uint32
	threads   uint8
}

// Limits of a hash that is read from the store. Without them, a changed row could
// make a sign-in take all of the memory.
const (
	maxMemoryKiB = 256 << 10
	maxPasses    = 16
	maxThreads   = 16
	minSalt      = 8
	maxSalt      = 64
	minHash      = 16
	maxHash      = 64
)

// phc is a password's hash with its parameters and salt.
type phc struct {
	params
	salt, hash []byte
}

var errPHC = errors.New("a password's hash is damaged")

// String writes the PHC form: $argon2id$v=19$m=47104,t=2,p=1$salt$hash.
func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.memoryKiB, p.passes, p.threads,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.hash))
}

// parsePHC is the inverse of String, for argon2id of version 19 alone.
func parsePHC(text string) (p phc, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return phc{}, errPHC
	}
	values := strings.Split(parts[3], ",")
	if len(values) != 3 {
		return phc{}, errPHC
	}
	var numbers [3]uint64
	for i, limit := range []struct {
		name string
		max  uint64
	}{{"m=", maxMemoryKiB}, {"t=", maxPasses}, {"p=", maxThreads}} {
		digits, ok := strings.CutPrefix(values[i], limit.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n < 1 || n > limit.max || digits[0] == '0' {
			return phc{}, errPHC
		}
		numbers[i] = n
	}
	p.params = params{memoryKiB: uint32(numbers[0]), passes: uint32(numbers[1]), threads: uint8(numbers[2])}
	encoding := base64.RawStdEncoding.Strict()
	if p.salt, err = encoding.DecodeString(parts[4]); err != nil || len(p.salt) < minSalt || len(p.salt) > maxSalt {
		return phc{}, errPHC
	}
	if p.hash, err = encoding.DecodeString(parts[5]); err != nil || len(p.hash) < minHash || len(p.hash) > maxHash {
		return phc{}, errPHC
	}
	if strings.ContainsAny(parts[4]+parts[5], "\r\n") { // base64 skips them
		return phc{}, errPHC
	}
	return p, nil
}
