package auditlog

import (
	"bytes"
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"postern/internal/store/database"
)

// head is where the chain begins and ends. Its signature keeps everybody without the key
// from cutting off an end, or making the chain again.
type head struct {
	first  int64 // the oldest entry that is kept
	before Hash  // the hash before it
	n      int64 // the newest entry
	hash   Hash  // and its hash
}

func (h *head) encode() []byte {
	b := append(make([]byte, 0, 128), "postern audit head 1\x00"...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.first))
	b = append(b, h.before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.n))
	return append(b, h.hash[:]...)
}

// readHead reads the head; intact reports whether its signature is right. The error
// sql.ErrNoRows says that there is none.
func (l *Log) readHead(ctx context.Context, q database.Querier) (h head, intact bool, err error) {
	var before, hash, mac []byte
	if err := q.QueryRowContext(ctx, "SELECT first, before, n, hash, mac FROM audit_head").Scan(&h.first, &before, &h.n,
		&hash, &mac); err != nil {
		return h, false, err
	}
	if len(before) != len(h.before) || len(hash) != len(h.hash) {
		return h, false, nil
	}
	h.before, h.hash = Hash(before), Hash(hash)
	return h, hmac.Equal(mac, l.secrets.SignAudit(h.encode())), nil
}

func (l *Log) writeHead(ctx context.Context, tx *database.Tx, h head) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM audit_head"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO audit_head VALUES (?, ?, ?, ?, ?)",
		h.first, h.before[:], h.n, h.hash[:], l.secrets.SignAudit(h.encode()))
	return err
}

// soundHead returns the head to append to. To sign an end that somebody has moved would
// hide that. Then soundHead appends an entry first that says so, for Verify to find.
func (l *Log) soundHead(ctx context.Context, tx *database.Tx, at time.Time) (head, error) {
	h, intact, err := l.readHead(ctx, tx)
	missing := errors.Is(err, sql.ErrNoRows)
	if err != nil && !missing {
		return h, err
	}
	last := head{}
	var hash []byte
	err = tx.QueryRowContext(ctx, "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").Scan(&last.n, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return h, err
	}
	if intact && last.n == h.n && (h.n == 0 || bytes.Equal(hash, h.hash[:])) {
		return h, nil
	}
	if intact {
		// The last entries were removed or changed: their numbers aren't used again.
		h.n = max(h.n, last.n)
	} else {
		var first sql.NullInt64
		if err := tx.QueryRowContext(ctx, "SELECT min(n) FROM audit").Scan(&first); err != nil {
			return h, err
		}
		h = head{first: max(first.Int64, 1), n: last.n}
	}
	e := &Entry{ActorKind: ownActor, Action: ActionBroken, Outcome: done}
	e.Details = fmt.Sprintf(`{"signature":%t,"last":%d,"last_hash":%q}`, intact, last.n, hex.EncodeToString(hash))
	err = l.appendAfter(ctx, tx, at, &h, e)
	return h, err
}
