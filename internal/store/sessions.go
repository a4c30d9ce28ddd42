package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Session is a browser that has signed in: an account's, or a key's.
type Session struct {
	N         int64 // the row's own number, never used twice
	Hash      Hash
	Account   int64 // zero where it is a key's
	Key       int64 // zero where it is an account's
	CreatedAt time.Time
	SeenAt    time.Time
	Address   string
	Agent     string
}

const sessionColumns = "n, hash, account, access_key, created, seen, address, agent"

func scanSession(row database.Row) (*Session, error) {
	var s Session
	var hash []byte
	var account, key sql.NullInt64
	var created, seen int64
	if err := row.Scan(&s.N, &hash, &account, &key, &created, &seen, &s.Address, &s.Agent); err != nil {
		return nil, err
	}
	if len(hash) != len(s.Hash) {
		return nil, fmt.Errorf("session %d has a hash of %d bytes", s.N, len(hash))
	}
	s.Hash, s.Account, s.Key = Hash(hash), account.Int64, key.Int64
	s.CreatedAt, s.SeenAt = event.FromMicro(created), event.FromMicro(seen)
	return &s, nil
}

func readSessions(ctx context.Context, q querier) ([]*Session, error) {
	return readAll(ctx, q, scanSession, "SELECT "+sessionColumns+" FROM sessions ORDER BY n")
}

// Sessions returns every session, oldest first.
func (tx *AccessTx) Sessions() ([]*Session, error) { return readSessions(tx.ctx, tx.conn) }

// AddSession keeps a new session and sets its N.
func (tx *AccessTx) AddSession(s *Session) error {
	result, err := tx.change("INSERT INTO sessions (hash, account, access_key, created, seen, address, agent) VALUES (?, nullif(?, 0), nullif(?, 0), ?, ?, ?, ?)",
		s.Hash[:], s.Account, s.Key, s.CreatedAt.UnixMicro(), s.SeenAt.UnixMicro(), s.Address, s.Agent)
	if err != nil {
		return err
	}
	s.N, err = result.LastInsertId()
	return err
}

// RemoveSession ends a session; none with the number is no error.
func (tx *AccessTx) RemoveSession(n int64) error {
	_, err := tx.change("DELETE FROM sessions WHERE n = ?", n)
	return err
}

// SeenSession notes when a session was used last.
func (tx *AccessTx) SeenSession(n int64, at time.Time) error {
	return tx.exec("UPDATE sessions SET seen = max(seen, ?) WHERE n = ?", at.UnixMicro(), n)
}
