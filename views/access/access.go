package access

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/account"
	"postern/views/cameraname"
	"postern/views/ui"
)

// cameraScope says which cameras an account or key is limited to, by their names.
func cameraScope(ctx context.Context, c account.CameraScope) string {
	switch names := c.Names(); {
	case c.All():
		return "All"
	case len(names) == 0:
		return "None"
	default:
		for i, id := range names {
			names[i] = cameraname.WithID(ctx, id)
		}
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

// AccessForm has the values that a form was sent with, and the errors in them.
type AccessForm struct {
	Name    string
	Cameras string // one per line
	Expires string // a date
	// Producer and Site are a key's.
	Producer, Site string
	Errors         map[string]string
}

// AuditEntry is a row in the table of audit entries.
type AuditEntry struct {
	N       int64
	At      time.Time
	Actor   string
	Action  string // in words
	For     string // the account of a refused sign-in, in place of Target
	Target  string
	Address string
	Outcome string
	Details []ui.Fact
}

// AuditFilter has the values of the audit page's filter.
type AuditFilter struct {
	Actor, Action string
	Since, Until  string // dates
	Older         templ.SafeURL
	Filtered      bool
}
