package admin

import (
	"context"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/store/auditlog"
	"postern/internal/store/verify"
)

// Accounts returns every account, by name.
func (c *Client) Accounts(ctx context.Context) ([]*account.Account, error) {
	return ask[[]*account.Account](ctx, c, "accounts", nothing{})
}

// AddAccount adds an account.
func (c *Client) AddAccount(ctx context.Context, a access.NewAccount) error {
	return tell(ctx, c, "accounts/add", newAccount{Name: a.Name, Role: a.Role, Cameras: a.Cameras, Password: a.Password.Reveal()})
}

// SetPassword sets an account's password and ends its sessions.
func (c *Client) SetPassword(ctx context.Context, name string, password access.Secret) error {
	return tell(ctx, c, "accounts/password", passwordOf{name, password.Reveal()})
}

// SetRole gives an account another role.
func (c *Client) SetRole(ctx context.Context, name string, role account.Role) error {
	return tell(ctx, c, "accounts/role", roleOf{name, role})
}

// SetCameras restricts an account to cameras; nil means all.
func (c *Client) SetCameras(ctx context.Context, name string, cameras []string) error {
	return tell(ctx, c, "accounts/cameras", camerasOf{name, cameras})
}

// SetDisabled disables an account and ends its sessions, or enables it again.
func (c *Client) SetDisabled(ctx context.Context, name string, disabled bool) error {
	return tell(ctx, c, "accounts/disabled", disabledOf{name, disabled})
}

// RemoveAccount removes an account and ends its sessions.
func (c *Client) RemoveAccount(ctx context.Context, name string) error {
	return tell(ctx, c, "accounts/remove", nameArgument{name})
}

// Keys returns every key, by name.
func (c *Client) Keys(ctx context.Context) ([]*account.Key, error) {
	return ask[[]*account.Key](ctx, c, "keys", nothing{})
}

// AddKey makes a key. It is returned here and nowhere else, ever.
func (c *Client) AddKey(ctx context.Context, k access.NewKey) (access.Secret, error) {
	key, err := ask[string](ctx, c, "keys/add", k)
	return access.NewSecret(key), err
}

// RevokeKey ends a key, and the wall screens that were opened with it.
func (c *Client) RevokeKey(ctx context.Context, name string) error {
	return tell(ctx, c, "keys/revoke", nameArgument{name})
}

// Audit returns a page of the audit, newest first.
func (c *Client) Audit(ctx context.Context, q auditlog.Query) ([]*auditlog.Entry, error) {
	return ask[[]*auditlog.Entry](ctx, c, "audit", q)
}

// VerifyAudit walks the audit. Its error names the first entry that is broken.
func (c *Client) VerifyAudit(ctx context.Context, noted access.Mark) (*auditlog.Report, error) {
	mark := ""
	if noted != (access.Mark{}) {
		mark = noted.String()
	}
	return ask[*auditlog.Report](ctx, c, "audit/verify", verifyAudit{mark})
}

// RecordBackup writes to the audit that the command has copied the store, with
// so many events, into a file.
func (c *Client) RecordBackup(ctx context.Context, file string, events int64) error {
	return tell(ctx, c, "backups/record", backup{file, events})
}

// ConfirmClock believes the clock as it is, and reports whether it was in
// doubt.
func (c *Client) ConfirmClock(ctx context.Context) (held bool, err error) {
	return ask[bool](ctx, c, "clock/confirm", nothing{})
}

// VerifyData reads the whole store and compares it with its checksums, at most
// rate events a second; zero means as fast as it can. It saves what it finds.
func (c *Client) VerifyData(ctx context.Context, rate int) (*verify.Report, error) {
	return ask[*verify.Report](ctx, c, "data/verify", verifyData{rate})
}
