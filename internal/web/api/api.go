package api

import (
	"github.com/gofiber/fiber/v2"
	"log/slog"
	"postern/internal/web/openapi"
	"sync/atomic"
	"time"

	"postern/internal/cameras"
	"postern/internal/hub"
	"postern/internal/memory"
	"postern/internal/store"
	"postern/internal/web/audit"
	"postern/internal/web/bulkread"
	"postern/internal/web/scoped"
	"postern/internal/web/stream"
	"postern/internal/web/upload"
	"postern/internal/webhook"
)

// Services are what the handlers call.
type Services struct {
	Hub      *hub.Hub
	Store    *store.Store
	Webhooks *webhook.Service
	Cameras  *cameras.Service
	Scoped   *scoped.Service
	Audit    *audit.Recorder
	Streams  *stream.Streams
	Bulk     *bulkread.Limiter
	// Bodies and Answers bound the memory of images that are checked, and of large
	// answers; nil means no bound.
	Bodies, Answers *memory.Budget

	Stopping func() bool // ends the exports under way
	Now      func() time.Time
	Log      *slog.Logger
}

// Handlers are the handlers of the API.
type Handlers struct {
	hub      *hub.Hub
	store    *store.Store
	webhooks *webhook.Service
	cameras  *cameras.Service
	scoped   *scoped.Service
	audit    *audit.Recorder
	streams  *stream.Streams
	bulk     *bulkread.Limiter
	answers  *memory.Budget
	stopping func() bool
	now      func() time.Time
	log      *slog.Logger

	images          *upload.Memory
	named           namedRequests
	answersRepeated atomic.Int64
	exports         chan struct{} // holds one for each export under way
}

// New returns the handlers.
func New(from Services) *Handlers {
	return &Handlers{
		hub: from.Hub, store: from.Store, webhooks: from.Webhooks, cameras: from.Cameras, scoped: from.Scoped, audit: from.Audit,
		streams: from.Streams, bulk: from.Bulk, answers: from.Answers, stopping: from.Stopping, now: from.Now, log: from.Log,
		images:  upload.NewMemory(from.Bodies),
		exports: make(chan struct{}, maxExports),
	}
}

// APIDescription answers the description.
func (h *Handlers) APIDescription(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/yaml")
	return c.Send(openapi.YAML)
}
