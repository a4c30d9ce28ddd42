package accounts

import (
	"context"
	"fmt"
	"time"

	"postern/internal/account"
	"postern/internal/store/auditlog"
	"postern/internal/store/database"
)

// Store is the tables of accounts, keys and sessions. Its methods are safe for
// concurrent use.
type Store struct {
	db    *database.DB
	audit *auditlog.Log
}

// New returns the tables of a database. Changes are recorded in the audit log.
func New(db *database.DB, audit *auditlog.Log) *Store { return &Store{db: db, audit: audit} }

// All is every account, key and session, read at one moment.
type All struct {
	Accounts []*account.Account // by name
	Keys     []*account.Key     // by name
	Sessions []*account.Session // oldest first
}

// Read returns every account, key and session.
func (s *Store) Read(ctx context.Context) (*All, error) {
	tx, err := s.db.Reader().BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("read access: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	var all All
	all.Accounts, err = readAccounts(ctx, tx)
	if err == nil {
		all.Keys, err = readKeys(ctx, tx)
	}
	if err == nil {
		all.Sessions, err = readSessions(ctx, tx)
	}
	if err != nil {
		return nil, fmt.Errorf("read access: %w", err)
	}
	return &all, nil
}

// Tx is a change of accounts, keys and sessions, with the audit entries that record it:
// all of it is committed, or nothing. It is valid until the function that got it returns.
type Tx struct {
	ctx   context.Context //nolint:containedctx // it lives as long as the transaction
	tx    *database.Tx
	now   time.Time
	audit *auditlog.Log
}

// Change runs do in one transaction. Nothing else writes meanwhile, so that a row that do
// reads is still the same when the change is committed.
func (s *Store) Change(ctx context.Context, do func(*Tx) error) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return do(&Tx{ctx: ctx, tx: tx, now: s.db.Now(), audit: s.audit})
	})
}

// Now returns the time of the change.
func (tx *Tx) Now() time.Time { return tx.now }

// Audit appends an entry to the audit log, and sets its N, At and Hash. At is the time of
// the change.
func (tx *Tx) Audit(e *auditlog.Entry) error { return tx.audit.Append(tx.ctx, tx.tx, tx.now, e) }

// exec runs a statement of the change.
func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.tx.ExecContext(tx.ctx, query, args...)
	return err
}

// insert adds a row and returns its number.
func (tx *Tx) insert(query string, args ...any) (n int64, err error) {
	result, err := tx.tx.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}
