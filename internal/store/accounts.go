package store

import (
	"context"
	"database/sql"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Account is a person's account as it is kept.
type Account struct {
	N          int64 // the row's own number, never used twice
	Name       string
	Role       string
	Cameras    []string // that it may see; nil means all
	Password   PasswordHash
	PasswordAt time.Time
	CreatedAt  time.Time
	DisabledAt time.Time // zero while it isn't
	SignedInAt time.Time // zero when it never was
}

const accountColumns = "n, name, role, cameras, password, password_at, created, disabled, signed_in"

func scanAccount(row database.Row) (*Account, error) {
	var a Account
	var cameras sql.NullString
	var passwordAt, created int64
	var disabled, signedIn sql.NullInt64
	if err := row.Scan(&a.N, &a.Name, &a.Role, &cameras, (*string)(&a.Password), &passwordAt, &created, &disabled, &signedIn); err != nil {
		return nil, err
	}
	var err error
	if a.Cameras, err = readNames(cameras); err != nil {
		return nil, err
	}
	a.PasswordAt, a.CreatedAt = event.FromMicro(passwordAt), event.FromMicro(created)
	a.DisabledAt, a.SignedInAt = moment(disabled), moment(signedIn)
	return &a, nil
}

func readAccounts(ctx context.Context, q querier) ([]*Account, error) {
	return readAll(ctx, q, scanAccount, "SELECT "+accountColumns+" FROM accounts ORDER BY name")
}

// Accounts returns every account, by name.
func (tx *AccessTx) Accounts() ([]*Account, error) { return readAccounts(tx.ctx, tx.conn) }

// PutAccount keeps an account: a new one where its N is zero, which it sets.
func (tx *AccessTx) PutAccount(a *Account) error {
	cameras, err := names(a.Cameras)
	if err != nil {
		return err
	}
	if a.N != 0 {
		_, err := tx.change("UPDATE accounts SET name = ?, role = ?, cameras = ?, password = ?, password_at = ?, disabled = ?, signed_in = ? WHERE n = ?",
			a.Name, a.Role, cameras, string(a.Password), a.PasswordAt.UnixMicro(), micros(a.DisabledAt), micros(a.SignedInAt), a.N)
		return err
	}
	result, err := tx.change("INSERT INTO accounts (name, role, cameras, password, password_at, created, disabled, signed_in) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		a.Name, a.Role, cameras, string(a.Password), a.PasswordAt.UnixMicro(), a.CreatedAt.UnixMicro(), micros(a.DisabledAt), micros(a.SignedInAt))
	if err != nil {
		return err
	}
	a.N, err = result.LastInsertId()
	return err
}

// RemoveAccount removes an account and its sessions.
func (tx *AccessTx) RemoveAccount(n int64) error {
	if _, err := tx.change("DELETE FROM sessions WHERE account = ?", n); err != nil {
		return err
	}
	_, err := tx.change("DELETE FROM accounts WHERE n = ?", n)
	return err
}
