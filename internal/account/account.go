package account

import "time"

// Account is a person's account.
type Account struct {
	N          int64 // the row's number, never used twice
	Name       string
	Role       Role
	Cameras    CameraScope
	Password   PasswordHash `json:"-"`
	PasswordAt time.Time    // when the password was set
	CreatedAt  time.Time
	Display    Display
	DisabledAt time.Time // zero while it is enabled
	SignedInAt time.Time // zero if it never was
	Sessions   int       // how many are open; the store leaves it zero
}

// Disabled reports whether nobody can sign in with the account.
func (a *Account) Disabled() bool { return !a.DisabledAt.IsZero() }

// Role is what a person is allowed.
type Role string

// The roles, each with all that the one before it has.
const (
	Viewer        Role = "viewer"
	Operator      Role = "operator"
	Administrator Role = "administrator"
)
