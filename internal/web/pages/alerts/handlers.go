package alerts

import (
	"postern/internal/store"
	"postern/internal/web/page"
	"postern/internal/web/scoped"
)

// Handlers are the handlers of the alerts' pages and forms.
type Handlers struct {
	*page.Shell

	store  *store.Store
	scoped *scoped.Service
}

// New returns the handlers.
func New(shell *page.Shell, st *store.Store, within *scoped.Service) *Handlers {
	return &Handlers{Shell: shell, store: st, scoped: within}
}
