package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// Access is all that decides who may do what, read at one moment.
type Access struct {
	// Version grows with every change of what follows but the times of use.
	Version  int64
	Accounts []*account.Account // by name
	Keys     []*account.Key     // by name
	Sessions []*account.Session // oldest first
}

// AccessVersion returns the Version that ReadAccess would.
func (s *Store) AccessVersion(ctx context.Context) (version int64, err error) {
	if err := s.reader.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'access'").Scan(&version); err != nil {
		return 0, fmt.Errorf("read the version of access: %w", err)
	}
	return version, nil
}

// ReadAccess returns every account, key and session.
func (s *Store) ReadAccess(ctx context.Context) (*Access, error) {
	tx, err := s.reader.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("read access: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	var a Access
	err = tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'access'").Scan(&a.Version)
	if err == nil {
		a.Accounts, err = readAccounts(ctx, tx)
	}
	if err == nil {
		a.Keys, err = readKeys(ctx, tx)
	}
	if err == nil {
		a.Sessions, err = readSessions(ctx, tx)
	}
	if err != nil {
		return nil, fmt.Errorf("read access: %w", err)
	}
	return &a, nil
}

// AccessTx is a change of access and the audit entries that tell of it: all
// of it is kept or none. It is valid until the function that got it returns.
type AccessTx struct {
	ctx     context.Context //nolint:containedctx // it lives as long as the transaction
	conn    *database.Tx
	now     time.Time
	secrets *secretbox.Box
	changed bool
	// doubted says that the clock isn't believed: nothing is old by its time.
	doubted bool
}

// ChangeAccess runs do in one transaction. Nothing else writes meanwhile, so what do
// reads is still true when the change is committed.
func (s *Store) ChangeAccess(ctx context.Context, do func(*AccessTx) error) error {
	return s.DB.Write(ctx, func(under *database.Tx) error {
		tx := &AccessTx{ctx: ctx, conn: under, now: s.opts.Now(), secrets: s.Secrets, doubted: !s.accessOnly && s.Clock().Held}
		if err := do(tx); err != nil || !tx.changed {
			return err
		}
		return tx.exec("UPDATE meta SET value = value + 1 WHERE name = 'access'")
	})
}

// Now returns the store's time.
func (tx *AccessTx) Now() time.Time { return tx.now }

func (tx *AccessTx) exec(query string, args ...any) error {
	_, err := tx.conn.ExecContext(tx.ctx, query, args...)
	return err
}

// change is exec for what whoever holds access in memory must notice.
func (tx *AccessTx) change(query string, args ...any) (sql.Result, error) {
	tx.changed = true
	return tx.conn.ExecContext(tx.ctx, query, args...)
}

// querier is a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readAll reads rows with what scans one.
func readAll[T any](ctx context.Context, q querier, scan func(database.Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return database.Collect(rows, scan)
}

// micros writes a time, or null where there is none.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// moment reads what micros has written.
func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return event.FromMicro(n.Int64)
}

// encodeCameras writes a camera scope; all cameras are null.
func encodeCameras(c account.CameraScope) (any, error) {
	if c.All() {
		return nil, nil
	}
	b, err := json.Marshal(c.Names())
	return string(b), err
}

// decodeCameras reads what encodeCameras writes. A list that can't be read is
// an error and never all cameras.
func decodeCameras(text sql.NullString) (account.CameraScope, error) {
	if !text.Valid {
		return account.CameraScope{}, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text.String), &list); err != nil {
		return account.CameraScope{}, fmt.Errorf("a list of cameras is damaged: %w", err)
	}
	if list == nil {
		return account.CameraScope{}, errors.New("a list of cameras is damaged: it is null")
	}
	return account.OnlyCameras(list...), nil
}
