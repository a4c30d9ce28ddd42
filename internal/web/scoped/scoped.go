package scoped

import (
	"postern/internal/access"
	"postern/internal/cameras"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/web/audit"
	"postern/internal/web/live"
	"postern/internal/webhook"
)

// Services are what a Service reads and changes.
type Services struct {
	Hub      *hub.Hub
	Store    *store.Store
	Webhooks *webhook.Service
	Cameras  *cameras.Service
	Live     *live.Feeds // learns of acknowledgements
	Audit    *audit.Recorder
	Access   *access.Service // nil without accounts and keys
}

// Service reads and changes within the camera scope of a request's principal.
type Service struct {
	hub      *hub.Hub
	store    *store.Store
	webhooks *webhook.Service
	cameras  *cameras.Service
	live     *live.Feeds
	audit    *audit.Recorder
	access   *access.Service
}

// New returns a service.
func New(from Services) *Service {
	return &Service{
		hub: from.Hub, store: from.Store, webhooks: from.Webhooks, cameras: from.Cameras, live: from.Live, audit: from.Audit,
		access: from.Access,
	}
}
