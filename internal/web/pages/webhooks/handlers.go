package webhooks

import (
	"postern/internal/web/page"
	"postern/internal/web/scoped"
	"postern/internal/webhook"
)

// Handlers are the handlers of the webhooks' pages.
type Handlers struct {
	*page.Shell

	webhooks *webhook.Service
	scoped   *scoped.Service
}

// New returns the handlers.
func New(shell *page.Shell, hooks *webhook.Service, within *scoped.Service) *Handlers {
	return &Handlers{Shell: shell, webhooks: hooks, scoped: within}
}
