package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/database"
)

const sessionColumns = "n, hash, account, access_key, created, seen, address, agent"

func scanSession(row database.Row) (*account.Session, error) {
	var s account.Session
	var hash []byte
	var owner, key sql.NullInt64
	var created, seen int64
	if err := row.Scan(&s.N, &hash, &owner, &key, &created, &seen, &s.Address, &s.Agent); err != nil {
		return nil, err
	}
	if len(hash) != len(s.Hash) {
		return nil, fmt.Errorf("session %d has a hash of %d bytes", s.N, len(hash))
	}
	s.Hash, s.Account, s.Key = account.Hash(hash), owner.Int64, key.Int64
	s.CreatedAt, s.SeenAt = event.FromMicro(created), event.FromMicro(seen)
	return &s, nil
}

func readSessions(ctx context.Context, q querier) ([]*account.Session, error) {
	return readAll(ctx, q, scanSession, "SELECT "+sessionColumns+" FROM sessions ORDER BY n")
}

// Sessions returns every session, oldest first.
func (tx *AccessTx) Sessions() ([]*account.Session, error) { return readSessions(tx.ctx, tx.conn) }

// AddSession keeps a new session and sets its N.
func (tx *AccessTx) AddSession(s *account.Session) error {
	result, err := tx.change("INSERT INTO sessions (hash, account, access_key, created, seen, address, agent) VALUES (?, nullif(?, "+
		"0), nullif(?, 0), ?, ?, ?, ?)",
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
