package account

import "time"

// Key is a program's credential.
type Key struct {
	N         int64 // the row's number, never used twice
	Name      string
	Hash      Hash   `json:"-"`
	Hint      string // the key's first letters, to tell it by
	Scopes    []Scope
	Cameras   CameraScope
	Producer  string // the producer of its events; keys that follow one another share it
	Site      string // the Postern whose events it forwards; empty for none
	CreatedAt time.Time
	ExpiresAt time.Time // zero means never
	UsedAt    time.Time // zero if it never was
	Screens   int       // wall screens that were opened with it; the store leaves it zero
}

// Expired reports whether the key has expired by now.
func (k *Key) Expired(now time.Time) bool { return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) }

// Scope is a part of what a key is allowed.
type Scope string

// The scopes. None of them leads to accounts, keys or the audit: a key can't
// make another one.
const (
	ScopeIngest    Scope = "ingest"
	ScopeRead      Scope = "read"
	ScopeSnapshots Scope = "snapshots"
	ScopeManage    Scope = "manage"
	ScopeMonitor   Scope = "monitor"
)
