package accounts

import (
	"context"
	"database/sql"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/database"
)

const accountColumns = "n, name, role, cameras, password, password_at, created, theme, zone, disabled, signed_in"

func scanAccount(row database.Row) (*account.Account, error) {
	var a account.Account
	var cameras sql.NullString
	var passwordAt, created int64
	var disabled, signedIn sql.NullInt64
	if err := row.Scan(&a.N, &a.Name, &a.Role, &cameras, (*string)(&a.Password), &passwordAt, &created, &a.Display.Theme, &a.Display.Zone,
		&disabled, &signedIn); err != nil {
		return nil, err
	}
	var err error
	if a.Cameras, err = decodeCameras(cameras); err != nil {
		return nil, err
	}
	a.PasswordAt, a.CreatedAt = event.FromMicro(passwordAt), event.FromMicro(created)
	a.DisabledAt, a.SignedInAt = decodeTime(disabled), decodeTime(signedIn)
	return &a, nil
}

func readAccounts(ctx context.Context, q database.Querier) ([]*account.Account, error) {
	return database.QueryAll(ctx, q, scanAccount, "SELECT "+accountColumns+" FROM accounts ORDER BY name")
}

// Accounts returns every account, by name.
func (tx *Tx) Accounts() ([]*account.Account, error) { return readAccounts(tx.ctx, tx.tx) }

// PutAccount saves an account. It adds one whose N is zero, and sets its N.
func (tx *Tx) PutAccount(a *account.Account) error {
	cameras, err := encodeCameras(a.Cameras)
	if err != nil {
		return err
	}
	if a.N != 0 {
		return tx.exec("UPDATE accounts SET name = ?, role = ?, cameras = ?, password = ?, password_at = ?, theme = ?, zone = ?, "+
			"disabled = ?, signed_in = ? WHERE n = ?",
			a.Name, a.Role, cameras, string(a.Password), a.PasswordAt.UnixMicro(), a.Display.Theme, a.Display.Zone,
			encodeTime(a.DisabledAt), encodeTime(a.SignedInAt), a.N)
	}
	a.N, err = tx.insert("INSERT INTO accounts (name, role, cameras, password, password_at, created, theme, zone, disabled, signed_in) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		a.Name, a.Role, cameras, string(a.Password), a.PasswordAt.UnixMicro(), a.CreatedAt.UnixMicro(), a.Display.Theme, a.Display.Zone,
		encodeTime(a.DisabledAt), encodeTime(a.SignedInAt))
	return err
}

// RemoveAccount removes an account and its sessions.
func (tx *Tx) RemoveAccount(n int64) error {
	if err := tx.exec("DELETE FROM sessions WHERE account = ?", n); err != nil {
		return err
	}
	return tx.exec("DELETE FROM accounts WHERE n = ?", n)
}
