package accounts

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

func readSessions(ctx context.Context, q database.Querier) ([]*account.Session, error) {
	return database.QueryAll(ctx, q, scanSession, "SELECT "+sessionColumns+" FROM sessions ORDER BY n")
}

// Sessions returns every session, oldest first.
func (tx *Tx) Sessions() ([]*account.Session, error) { return readSessions(tx.ctx, tx.tx) }

// AddSession adds a session and sets its N.
func (tx *Tx) AddSession(s *account.Session) (err error) {
	s.N, err = tx.insert("INSERT INTO sessions (hash, account, access_key, created, seen, address, agent) VALUES (?, nullif(?, "+
		"0), nullif(?, 0), ?, ?, ?, ?)",
		s.Hash[:], s.Account, s.Key, s.CreatedAt.UnixMicro(), s.SeenAt.UnixMicro(), s.Address, s.Agent)
	return err
}

// RemoveSession ends a session; it is no error if there is none with the number.
func (tx *Tx) RemoveSession(n int64) error {
	return tx.exec("DELETE FROM sessions WHERE n = ?", n)
}

// SeenSession saves when a session was last used.
func (tx *Tx) SeenSession(n int64, at time.Time) error {
	return tx.exec("UPDATE sessions SET seen = max(seen, ?) WHERE n = ?", at.UnixMicro(), n)
}
