package store

import (
	"context"
	"database/sql"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/database"
)

const accountColumns = "n, name, role, cameras, password, password_at, created, disabled, signed_in"

func scanAccount(row database.Row) (*account.Account, error) {
	var a account.Account
	var cameras sql.NullString
	var passwordAt, created int64
	var disabled, signedIn sql.NullInt64
	if err := row.Scan(&a.N, &a.Name, &a.Role, &cameras, (*string)(&a.Password), &passwordAt, &created, &disabled, &signedIn); err != nil {
		return nil, err
	}
	var err error
	if a.Cameras, err = decodeCameras(cameras); err != nil {
		return nil, err
	}
	a.PasswordAt, a.CreatedAt = event.FromMicro(passwordAt), event.FromMicro(created)
	a.DisabledAt, a.SignedInAt = moment(disabled), moment(signedIn)
	return &a, nil
}

func readAccounts(ctx context.Context, q querier) ([]*account.Account, error) {
	return readAll(ctx, q, scanAccount, "SELECT "+accountColumns+" FROM accounts ORDER BY name")
}

// Accounts returns every account, by name.
func (tx *AccessTx) Accounts() ([]*account.Account, error) { return readAccounts(tx.ctx, tx.conn) }

// PutAccount keeps an account: a new one where its N is zero, which it sets.
func (tx *AccessTx) PutAccount(a *account.Account) error {
	cameras, err := encodeCameras(a.Cameras)
	if err != nil {
		return err
	}
	if a.N != 0 {
		_, err := tx.change("UPDATE accounts SET name = ?, role = ?, cameras = ?, password = ?, password_at = ?, disabled = ?, "+
			"signed_in = ? WHERE n = ?",
			a.Name, a.Role, cameras, string(a.Password), a.PasswordAt.UnixMicro(), micros(a.DisabledAt), micros(a.SignedInAt), a.N)
		return err
	}
	result, err := tx.change("INSERT INTO accounts (name, role, cameras, password, password_at, created, disabled, signed_in) VALUES (?, "+
		"?, ?, ?, ?, ?, ?, ?)",
		a.Name, a.Role, cameras, string(a.Password), a.PasswordAt.UnixMicro(), a.CreatedAt.UnixMicro(), micros(a.DisabledAt),
		micros(a.SignedInAt))
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
