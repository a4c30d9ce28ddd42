package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// The audit is a chain: an entry's hash is the SHA-256 of what stands before
// it and of all its fields, so that a change anywhere breaks what follows.
// The chain's two ends are signed with a key that is not in the file, so
// that nobody without it can cut an end off or make the chain anew.

// Hash is the SHA-256 of an entry and of the hash before it.
type Hash [32]byte

// The store's own audit entries.
const (
	auditBegin  = "audit.begin"
	auditTrim   = "audit.trim"
	auditBroken = "audit.broken"
	auditActor  = "postern"
	auditDone   = "done"
)

// encode is an entry in the one form that is hashed, for its place after
// before: numbers have 8 bytes, texts their length first, so that no two
// entries have the same.
func (e *AuditEntry) encode(before Hash) []byte {
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

func (e *AuditEntry) hash(before Hash) Hash { return sha256.Sum256(e.encode(before)) }

// auditHead is where the chain begins and ends.
type auditHead struct {
	first  int64 // the oldest entry that is kept
	before Hash  // the hash before it
	n      int64 // the newest entry
	hash   Hash  // and its hash
}

func (h *auditHead) encode() []byte {
	b := append(make([]byte, 0, 128), "postern audit head 1\x00"...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.first))
	b = append(b, h.before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.n))
	return append(b, h.hash[:]...)
}

// readHead reads where the chain ends; intact is whether the signature is
// good. sql.ErrNoRows says that the audit hasn't begun.
func readHead(ctx context.Context, q querier, box *secretbox.Box) (h auditHead, intact bool, err error) {
	var before, hash, mac []byte
	if err := q.QueryRowContext(ctx, "SELECT first, before, n, hash, mac FROM audit_head").Scan(&h.first, &before, &h.n,
		&hash, &mac); err != nil {
		return h, false, err
	}
	if len(before) != len(h.before) || len(hash) != len(h.hash) {
		return h, false, nil
	}
	h.before, h.hash = Hash(before), Hash(hash)
	return h, hmac.Equal(mac, box.SignAudit(h.encode())), nil
}

func (tx *AccessTx) writeHead(h auditHead) error {
	if err := tx.exec("DELETE FROM audit_head"); err != nil {
		return err
	}
	return tx.exec("INSERT INTO audit_head VALUES (?, ?, ?, ?, ?)", h.first, h.before[:], h.n, h.hash[:], tx.secrets.SignAudit(h.encode()))
}

// beginAudit writes the first entry of a store that has none.
func (s *Store) beginAudit(ctx context.Context) error {
	if _, _, err := readHead(ctx, s.reader, s.Secrets); !errors.Is(err, sql.ErrNoRows) {
		return err // nothing to write, which a full disk would refuse
	}
	return s.DB.Commit(ctx, func(under *database.Tx) error {
		tx := &AccessTx{ctx: ctx, conn: under, now: s.opts.Now(), secrets: s.Secrets}
		// Where there are entries and no head, somebody has taken it away:
		// the first append will say so.
		var entries int
		if err := tx.conn.QueryRowContext(tx.ctx, "SELECT count(*) FROM (SELECT 1 FROM audit LIMIT 1)").Scan(&entries); err != nil ||
			entries > 0 {
			return err
		}
		if err := tx.writeHead(auditHead{first: 1}); err != nil {
			return err
		}
		return tx.Audit(&AuditEntry{ActorKind: auditActor, Action: auditBegin, Outcome: auditDone})
	})
}

// Audit appends an entry and sets its N, At and Hash.
func (tx *AccessTx) Audit(e *AuditEntry) error {
	head, err := tx.soundHead()
	if err != nil {
		return err
	}
	return tx.append(&head, e)
}

// append writes e after head, and head after that.
func (tx *AccessTx) append(head *auditHead, e *AuditEntry) error {
	if e.Details == "" {
		e.Details = "{}"
	}
	e.N, e.At = head.n+1, e.at(tx.now)
	e.Hash = e.hash(head.hash)
	if err := tx.exec("INSERT INTO audit (n, at, actor_kind, actor, action, target, address, outcome, details, hash) VALUES (?, ?, "+
		"?, ?, ?, ?, ?, ?, ?, ?)",
		e.N, e.At.UnixMicro(), e.ActorKind, e.Actor, e.Action, e.Target, e.Address, e.Outcome, e.Details, e.Hash[:]); err != nil {
		return err
	}
	head.n, head.hash = e.N, e.Hash
	return tx.writeHead(*head)
}

// soundHead returns the chain's end to append to. Signing an end that
// somebody has moved would make their work good; then an entry that says so
// goes first, and stays for Verify to find.
func (tx *AccessTx) soundHead() (auditHead, error) {
	head, intact, err := readHead(tx.ctx, tx.conn, tx.secrets)
	missing := errors.Is(err, sql.ErrNoRows)
	if err != nil && !missing {
		return head, err
	}
	last := auditHead{}
	var hash []byte
	err = tx.conn.QueryRowContext(tx.ctx, "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").Scan(&last.n, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return head, err
	}
	if intact && last.n == head.n && (head.n == 0 || bytes.Equal(hash, head.hash[:])) {
		return head, nil
	}
	if intact {
		// Entries of the end are gone or changed: their numbers aren't used again.
		head.n = max(head.n, last.n)
	} else {
		var first sql.NullInt64
		if err := tx.conn.QueryRowContext(tx.ctx, "SELECT min(n) FROM audit").Scan(&first); err != nil {
			return head, err
		}
		head = auditHead{first: max(first.Int64, 1), n: last.n}
	}
	e := &AuditEntry{ActorKind: auditActor, Action: auditBroken, Outcome: auditDone}
	e.Details = fmt.Sprintf(`{"signature":%t,"last":%d,"last_hash":%q}`, intact, last.n, hex.EncodeToString(hash))
	err = tx.append(&head, e)
	return head, err
}

// trimDetails is what an entry says that tells of a beginning's removal.
type trimDetails struct {
	Through int64  `json:"through"` // the last entry that went
	Hash    string `json:"hash"`    // and its hash
}

func (d trimDetails) text() string {
	b, _ := json.Marshal(d) // has nothing that could fail
	return string(b)
}
