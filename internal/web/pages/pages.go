package pages

import (
	"time"

	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/web/audit"
	"postern/internal/web/live"
	"postern/internal/web/page"
	"postern/internal/web/scoped"
	"postern/internal/webhook"
)

// Services are what the handlers call, and the settings that pages show.
type Services struct {
	Hub      *hub.Hub
	Store    *store.Store
	Webhooks *webhook.Service
	Live     *live.Feeds
	Scoped   *scoped.Service
	Audit    *audit.Recorder

	Version string
	Open    bool // all requests of this machine are allowed
}

// Handlers are the handlers of the pages.
type Handlers struct {
	*page.Shell

	hub      *hub.Hub
	store    *store.Store
	webhooks *webhook.Service
	live     *live.Feeds
	scoped   *scoped.Service
	audit    *audit.Recorder

	recorded recordedSearches

	version string
	open    bool
	started time.Time
}

// New returns the handlers.
func New(shell *page.Shell, from Services) *Handlers {
	return &Handlers{
		Shell: shell, hub: from.Hub, store: from.Store, webhooks: from.Webhooks, live: from.Live,
		scoped: from.Scoped, audit: from.Audit, version: from.Version, open: from.Open, started: shell.Now(),
	}
}
