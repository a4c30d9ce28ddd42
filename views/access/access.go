package access

import (
	"time"

	"github.com/a-h/templ"

	"postern/views/ui"
)

// Account is a person's account as its row shows it.
type Account struct {
	Name       string
	Role       string
	Cameras    string // in words
	CreatedAt  time.Time
	SignedInAt time.Time // zero when it never was
	Disabled   bool
	Sessions   int
	Own        bool // the one that looks
}

// Key is a program's key as its row shows it.
type Key struct {
	Name      string
	Hint      string
	Scopes    []string
	Cameras   string // in words
	Producer  string // empty where it is the key's own name
	Site      string
	CreatedAt time.Time
	ExpiresAt time.Time // zero means never
	UsedAt    time.Time // zero when it never was
	Expired   bool
	Screens   int
}

// Session is a session as its row shows it.
type Session struct {
	N         int64
	Name      string
	Screen    bool
	CreatedAt time.Time
	SeenAt    time.Time
	Address   string
	Agent     string
	Own       bool // the one that looks
}

// AccessForm is what was sent, with what is wrong with it.
type AccessForm struct {
	Name    string
	Cameras string // one a line
	Expires string // a date
	// Producer and Site are a key's.
	Producer, Site string
	Errors         map[string]string
}

// AuditEntry is an entry of the audit as its row shows it.
type AuditEntry struct {
	N       int64
	At      time.Time
	Who     string
	Action  string // in words
	Target  string
	Address string
	Outcome string
	Details []ui.Fact
}

// AuditFilter is what a page of the audit was narrowed to.
type AuditFilter struct {
	Who, Action  string
	Since, Until string // dates
	Older        templ.SafeURL
	Narrowed     bool
}
