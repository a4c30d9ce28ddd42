package access

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/account"
	"postern/views/ui"
)

// cameraScope says which cameras an account or key is limited to.
func cameraScope(c account.CameraScope) string {
	switch names := c.Names(); {
	case c.All():
		return "All"
	case len(names) == 0:
		return "None"
	default:
		return strings.Join(names, ", ")
	}
}

// scopeList lists a key's scopes.
func scopeList(scopes []account.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return ui.List(names)
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
