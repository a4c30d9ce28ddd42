package web

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/etag"
	"github.com/gofiber/fiber/v2/middleware/filesystem"

	"postern/static"
)

// api is where the JSON API begins.
const api = "/api/v1"

// routes is the whole URL table.
func (s *Server) routes() {
	s.app.Get("/healthz", s.healthz)
	s.app.Get("/readyz", s.readyz)

	v1 := s.app.Group(api)
	v1.Post("/events", s.eventsPost)
	v1.Get("/events/recent", s.eventsRecent)
	v1.Get("/events/export", s.eventsExport)
	v1.Get("/events/types", s.eventTypes)
	v1.Post("/events/webhooks", s.webhooksPost)
	v1.Post("/events/webhooks/preview", s.webhookPreview)
	v1.Get("/events/webhooks", s.webhooksGet)
	v1.Get("/events/webhooks/:id", s.webhookGet)
	v1.Patch("/events/webhooks/:id", s.webhookPatch)
	v1.Delete("/events/webhooks/:id", s.webhookDelete)
	v1.Get("/events/webhooks/:id/attempts", s.webhookAttempts)
	v1.Get("/events/webhooks/:id/attempts/:attempt", s.webhookAttempt)
	v1.Get("/events/webhooks/:id/states", s.webhookStates)
	v1.Post("/events/webhooks/:id/pause", s.webhookPause)
	v1.Post("/events/webhooks/:id/resume", s.webhookResume)
	v1.Post("/events/webhooks/:id/test", s.webhookTest)
	v1.Post("/events/webhooks/:id/rotate", s.webhookRotate)
	v1.Post("/events/webhooks/:id/end-overlap", s.webhookEndOverlap)
	v1.Post("/events/webhooks/:id/resend", s.webhookResend)
	v1.Post("/events/webhooks/:id/replays", s.replaysPost)
	v1.Get("/events/webhooks/:id/replays", s.replaysGet)
	v1.Delete("/events/webhooks/:id/replays/:replay", s.replayDelete)
	v1.Get("/events/alerts", s.alertsGet)
	v1.Post("/events/alerts/acknowledge", s.alertsAcknowledge)
	v1.Get("/events/:id", s.eventGet)
	v1.Post("/events/:id/acknowledge", s.alertAcknowledge)
	v1.Get("/events/:id/deliveries", s.eventDeliveries)

	// Pages are compressed; what is streamed, the API and the socket, is not.
	s.app.Use(compress.New(compress.Config{Next: func(c *fiber.Ctx) bool {
		return c.Path() == "/live/socket" || strings.HasPrefix(c.Path(), api) || strings.HasPrefix(c.Path(), "/static")
	}}))
	s.app.Get("/", s.overviewPage)
	s.app.Get("/events", s.eventsPage)
	s.app.Get("/event-marks", s.eventMarks)
	s.app.Get("/events/:id", s.eventPage)
	s.app.Get("/webhooks", s.webhooksPage)
	s.app.Post("/webhooks", s.webhookRegister)
	s.app.Get("/webhooks/check-url", s.webhookCheckURL)
	s.app.Get("/webhooks/:id", s.webhookPage)
	s.app.Get("/webhooks/:id/attempts/:attempt", s.attemptPage)
	s.app.Get("/webhooks/:id/remove", s.webhookRemoveConfirm)
	s.app.Post("/webhooks/:id/remove", s.webhookRemove)
	s.app.Post("/events/:id/resend", s.formEventResend)
	s.app.Post("/webhooks/preview", s.formPreview)
	s.app.Get("/webhooks/:id/edit", s.webhookEditPage)
	s.app.Post("/webhooks/:id/edit", s.formEdit)
	s.app.Post("/webhooks/:id/pause", s.formPause)
	s.app.Post("/webhooks/:id/resume", s.formResume)
	s.app.Post("/webhooks/:id/test", s.formTest)
	s.app.Post("/webhooks/:id/resend", s.formResend)
	s.app.Post("/webhooks/:id/rotate", s.formRotate)
	s.app.Post("/webhooks/:id/end-overlap", s.formEndOverlap)
	s.app.Get("/webhooks/:id/replay", s.webhookReplayPage)
	s.app.Post("/webhooks/:id/replay", s.formReplay)
	s.app.Post("/webhooks/:id/replays/:replay/stop", s.formReplayStop)
	s.app.Get("/settings", s.settingsPage)
	s.app.Post("/events/:id/acknowledge", s.formAcknowledge)
	s.app.Get("/monitor", s.monitorPage)
	s.app.Post("/monitor/acknowledge", s.formAcknowledgeAll)
	s.app.Get("/live", s.liveRedirect)
	s.app.Get("/live/socket", s.liveSocket)

	// In this order: the tag is of what is sent. An address carries a digest of
	// its file, so that a browser may keep it for good.
	s.app.Use("/static", etag.New(), compress.New(), filesystem.New(filesystem.Config{
		Root:   http.FS(static.FS),
		MaxAge: 365 * 24 * 3600,
	}))
}
