package auditlog

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// The actions of the entries that the log appends by itself.
const (
	ActionBegin  = "audit.begin"  // the first entry
	ActionTrim   = "audit.trim"   // retention removed entries from the beginning
	ActionBroken = "audit.broken" // the end of the log was found changed
)

// The actor and the outcome of these entries.
const (
	ownActor = "postern"
	done     = "done"
)

// Entry is one action, and who took it.
type Entry struct {
	N         int64 // counts up from 1 without gaps
	At        time.Time
	ActorKind string
	Actor     string
	Action    string
	Target    string
	Address   string
	Outcome   string
	Details   string // a JSON object
	Hash      Hash
}

// Hash is the SHA-256 of an entry and of the hash before it.
type Hash [32]byte

const columns = "n, at, actor_kind, actor, action, target, address, outcome, details, hash"

func scanEntry(row database.Row) (*Entry, error) {
	var e Entry
	var at int64
	var hash []byte
	if err := row.Scan(&e.N, &at, &e.ActorKind, &e.Actor, &e.Action, &e.Target, &e.Address, &e.Outcome, &e.Details, &hash); err != nil {
		return nil, err
	}
	e.At = event.FromMicro(at)
	if len(hash) == len(e.Hash) { // else the hash stays zero, which is no entry's
		e.Hash = Hash(hash)
	}
	return &e, nil
}

// encode returns the bytes that are hashed, for an entry that follows the hash before.
// Numbers take 8 bytes and each text follows its length, so that no two entries have the
// same encoding.
func (e *Entry) encode(before Hash) []byte {
	b := make([]byte, 0, 256+len(e.Details))
	b = append(b, "postern audit 1\x00"...)
	b = append(b, before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.N))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	for _, text := range []string{e.ActorKind, e.Actor, e.Action, e.Target, e.Address, e.Outcome, e.Details} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return b
}

func (e *Entry) hash(before Hash) Hash { return sha256.Sum256(e.encode(before)) }
