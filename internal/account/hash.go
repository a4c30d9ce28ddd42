package account

import (
	"fmt"
	"log/slog"
)

// hashPlaceholder is what a hash prints as.
const hashPlaceholder = "[hash]"

// Hash is the SHA-256 of a key or of a session's id: the store keeps nothing
// else of them.
type Hash [32]byte

// PasswordHash is a password's argon2id hash in PHC form. It prints as a
// placeholder.
type PasswordHash string

// Format writes a placeholder, whatever the verb.
func (PasswordHash) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hashPlaceholder)) }

// LogValue returns a placeholder.
func (PasswordHash) LogValue() slog.Value { return slog.StringValue(hashPlaceholder) }
