package accounts

import (
	"postern/internal/access"
	"postern/internal/web/audit"
	"postern/internal/web/page"
)

// Handlers are the handlers of the pages about access.
type Handlers struct {
	*page.Shell

	access *access.Service // nil without accounts and keys
	audit  *audit.Recorder
}

// New returns the handlers. The service is nil without accounts and keys.
func New(shell *page.Shell, service *access.Service, recorder *audit.Recorder) *Handlers {
	return &Handlers{Shell: shell, access: service, audit: recorder}
}
