package alerts

import (
	"postern/internal/access"
	"postern/internal/store"
	"postern/internal/web/page"
	"postern/internal/web/scoped"
)

// Handlers are the handlers of the alerts' pages and forms.
type Handlers struct {
	*page.Shell

	store  *store.Store
	access *access.Service // nil without accounts and keys
	scoped *scoped.Service
}

// New returns the handlers.
func New(shell *page.Shell, st *store.Store, accounts *access.Service, within *scoped.Service) *Handlers {
	return &Handlers{Shell: shell, store: st, access: accounts, scoped: within}
}
