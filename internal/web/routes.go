package web

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/etag"
	"github.com/gofiber/fiber/v2/middleware/filesystem"

	"postern/internal/access"
	"postern/internal/web/request"
	"postern/static"
)

// route is a line of the URL table, with its permission and its audit action.
type route struct {
	method, path string
	// needs is the permission; empty for a public route.
	needs access.Permission
	// audit is the action of the audit entry; empty for routes that change
	// nothing or write an entry in the commit of the change.
	audit access.Action
}

// public is for routes without data: health, the API's description and the
// sign-in page.
const public access.Permission = ""

// on adds a route. It is the only way to add one, so that each has a permission.
func (s *Server) on(method, path string, needs access.Permission, audit access.Action, handlers ...fiber.Handler) {
	s.table = append(s.table, route{method, path, needs, audit})
	if audit != "" {
		handlers = append([]fiber.Handler{s.audit.Change(audit)}, handlers...)
	}
	if takesIdempotencyKey(method, path) {
		handlers = append([]fiber.Handler{s.idempotent}, handlers...)
	}
	if needs != public {
		handlers = append([]fiber.Handler{s.needs(needs)}, handlers...)
	}
	s.app.Add(method, path, handlers...)
	if method == http.MethodGet {
		s.app.Head(path, handlers...)
	}
}

// routes is the whole URL table.
func (s *Server) routes() {
	get := func(path string, needs access.Permission, handlers ...fiber.Handler) {
		s.on(http.MethodGet, path, needs, "", handlers...)
	}
	post := func(path string, needs access.Permission, audit access.Action, handler fiber.Handler) {
		s.on(http.MethodPost, path, needs, audit, handler)
	}
	get("/healthz", public, s.healthz)
	get("/readyz", public, s.readyz)
	get("/metrics", access.ReadMetrics, s.metrics)

	get(request.APIPrefix+"/openapi.yaml", public, s.apiDescription)
	const events, hooks = request.APIPrefix + "/events", request.APIPrefix + "/events/webhooks"
	post(events, access.Ingest, "", s.traced(s.eventsPost))
	get(events+"/recent", access.ReadEvents, s.eventsRecent)
	get(events+"/export", access.Export, s.eventsExport)
	get(events+"/stream", access.ReadEvents, s.eventsStream)
	get(events+"/types", access.ReadEvents, s.eventTypes)
	get(events+"/alerts", access.ReadEvents, s.alertsGet)
	post(events+"/alerts/acknowledge", access.AcknowledgeAll, access.AlertAcknowledge, s.alertsAcknowledge)
	post(hooks, access.ManageWebhooks, access.WebhookAdd, s.webhooksPost)
	post(hooks+"/preview", access.ManageWebhooks, "", s.webhookPreview)
	get(hooks, access.ReadWebhooks, s.webhooksGet)
	get(hooks+"/:id", access.ReadWebhooks, s.webhookGet)
	s.on(http.MethodPatch, hooks+"/:id", access.ManageWebhooks, access.WebhookChange, s.webhookPatch)
	s.on(http.MethodDelete, hooks+"/:id", access.ManageWebhooks, access.WebhookRemove, s.webhookDelete)
	get(hooks+"/:id/attempts", access.ReadWebhooks, s.webhookAttempts)
	get(hooks+"/:id/attempts/:attempt", access.ReadWebhooks, s.webhookAttempt)
	get(hooks+"/:id/states", access.ReadWebhooks, s.webhookStates)
	post(hooks+"/:id/pause", access.OperateWebhooks, access.WebhookPause, s.webhookPause)
	post(hooks+"/:id/resume", access.OperateWebhooks, access.WebhookResume, s.webhookResume)
	post(hooks+"/:id/test", access.OperateWebhooks, access.WebhookTest, s.webhookTest)
	post(hooks+"/:id/rotate", access.ManageWebhooks, access.WebhookRotate, s.webhookRotate)
	post(hooks+"/:id/end-overlap", access.ManageWebhooks, access.WebhookRotate, s.webhookEndOverlap)
	post(hooks+"/:id/resend", access.OperateWebhooks, access.WebhookResend, s.webhookResend)
	post(hooks+"/:id/set-aside", access.OperateWebhooks, access.WebhookSetAside, s.webhookSetAside)
	post(hooks+"/:id/replays", access.OperateWebhooks, access.WebhookReplay, s.replaysPost)
	get(hooks+"/:id/replays", access.ReadWebhooks, s.replaysGet)
	s.on(http.MethodDelete, hooks+"/:id/replays/:replay", access.OperateWebhooks, access.WebhookStop, s.replayDelete)
	get(events+"/:id", access.ReadEvents, s.eventGet)
	post(events+"/:id/acknowledge", access.Acknowledge, access.AlertAcknowledge, s.alertAcknowledge)
	get(events+"/:id/deliveries", access.ReadWebhooks, s.eventDeliveries)

	const known = request.APIPrefix + "/cameras"
	get(known, access.ReadEvents, s.camerasGet)
	get(known+"/:id", access.ReadEvents, s.cameraGet)
	s.on(http.MethodPut, known+"/:id", access.SetCameras, access.CameraSet, s.cameraPut)

	const identities, holds = request.APIPrefix + "/identities", request.APIPrefix + "/holds"
	get(identities+"/:id", access.Erase, s.identityGet)
	s.on(http.MethodDelete, identities+"/:id", access.Erase, access.IdentityErase, s.identityDelete)
	post(holds, access.Erase, access.HoldAdd, s.holdsPost)
	get(holds, access.Erase, s.holdsGet)
	get(holds+"/:id", access.Erase, s.holdGet)
	s.on(http.MethodDelete, holds+"/:id", access.Erase, access.HoldRemove, s.holdDelete)
	get(holds+"/:id/events", access.Erase, s.holdEvents)

	get(request.APIPrefix+"/clock", access.Maintain, s.clockGet)
	post(request.APIPrefix+"/clock/confirm", access.Maintain, access.ClockConfirm, s.clockConfirm)

	// Pages are compressed; the API and the websocket, which stream, are not.
	s.app.Use(compress.New(compress.Config{Next: func(c *fiber.Ctx) bool {
		return c.Path() == "/live/socket" || strings.HasPrefix(c.Path(), request.APIPrefix) || strings.HasPrefix(c.Path(), "/static")
	}}))
	get("/sign-in", public, s.pages.SignInPage)
	post("/sign-in", public, "", s.pages.SignIn)
	post("/sign-out", public, "", s.pages.SignOut)
	get("/account", access.OwnAccount, s.pages.AccountPage)
	post("/account/password", access.OwnAccount, "", s.pages.OwnPassword)
	post("/account/sessions/end", access.OwnAccount, "", s.pages.SessionEnd)

	get("/", access.ReadEvents, s.pages.OverviewPage)
	get("/events", access.ReadEvents, s.pages.EventsPage)
	get("/event-badges", access.ReadWebhooks, s.pages.EventBadges)
	get("/events/:id", access.ReadEvents, s.pages.EventPage)
	post("/events/:id/resend", access.OperateWebhooks, access.WebhookResend, s.pages.FormEventResend)
	post("/events/:id/acknowledge", access.Acknowledge, access.AlertAcknowledge, s.pages.FormAcknowledge)

	get("/cameras", access.ReadEvents, s.pages.CamerasPage)
	get("/cameras/setting", access.SetCameras, s.pages.CameraPage)
	post("/cameras/setting", access.SetCameras, access.CameraSet, s.pages.FormCamera)

	get("/identities/:id/erase", access.Erase, s.pages.IdentityErasePage)
	post("/identities/:id/erase", access.Erase, access.IdentityErase, s.pages.IdentityErase)

	get("/webhooks", access.ReadWebhooks, s.pages.WebhooksPage)
	post("/webhooks", access.ManageWebhooks, access.WebhookAdd, s.pages.WebhookRegister)
	get("/webhooks/check-url", access.ManageWebhooks, s.pages.WebhookCheckURL)
	post("/webhooks/preview", access.ManageWebhooks, "", s.pages.FormPreview)
	get("/webhooks/:id", access.ReadWebhooks, s.pages.WebhookPage)
	get("/webhooks/:id/attempts/:attempt", access.ReadWebhooks, s.pages.AttemptPage)
	get("/webhooks/:id/remove", access.ManageWebhooks, s.pages.WebhookRemoveConfirm)
	post("/webhooks/:id/remove", access.ManageWebhooks, access.WebhookRemove, s.pages.WebhookRemove)
	get("/webhooks/:id/edit", access.ManageWebhooks, s.pages.WebhookEditPage)
	post("/webhooks/:id/edit", access.ManageWebhooks, access.WebhookChange, s.pages.FormEdit)
	post("/webhooks/:id/pause", access.OperateWebhooks, access.WebhookPause, s.pages.FormPause)
	post("/webhooks/:id/resume", access.OperateWebhooks, access.WebhookResume, s.pages.FormResume)
	post("/webhooks/:id/test", access.OperateWebhooks, access.WebhookTest, s.pages.FormTest)
	post("/webhooks/:id/resend", access.OperateWebhooks, access.WebhookResend, s.pages.FormResend)
	post("/webhooks/:id/set-aside", access.OperateWebhooks, access.WebhookSetAside, s.pages.FormSetAside)
	post("/webhooks/:id/rotate", access.ManageWebhooks, access.WebhookRotate, s.pages.FormRotate)
	post("/webhooks/:id/end-overlap", access.ManageWebhooks, access.WebhookRotate, s.pages.FormEndOverlap)
	get("/webhooks/:id/replay", access.OperateWebhooks, s.pages.WebhookReplayPage)
	post("/webhooks/:id/replay", access.OperateWebhooks, access.WebhookReplay, s.pages.FormReplay)
	post("/webhooks/:id/replays/:replay/stop", access.OperateWebhooks, access.WebhookStop, s.pages.FormReplayStop)

	s.app.Use("/monitor", s.pages.Screen)
	get("/monitor", access.Monitor, s.pages.MonitorPage)
	post("/monitor/acknowledge", access.AcknowledgeAll, access.AlertAcknowledge, s.pages.FormAcknowledgeAll)
	get("/live", access.Monitor, s.pages.LiveRedirect)
	get("/live/socket", access.Monitor, s.pages.LiveSocket)

	get("/docs/api", access.ReadEvents, s.pages.ApiPage)

	get("/settings", access.ManageAccess, s.pages.SettingsPage)
	post("/settings/clock/confirm", access.Maintain, access.ClockConfirm, s.pages.FormClockConfirm)
	get("/settings/accounts", access.ManageAccess, s.pages.AccountsPage)
	post("/settings/accounts", access.ManageAccess, "", s.pages.AccountAdd)
	get("/settings/accounts/password", access.ManageAccess, s.pages.AccountPasswordConfirm)
	post("/settings/accounts/password", access.ManageAccess, "", s.pages.AccountPassword)
	post("/settings/accounts/role", access.ManageAccess, "", s.pages.AccountRole)
	get("/settings/accounts/disable", access.ManageAccess, s.pages.AccountDisableConfirm)
	post("/settings/accounts/disable", access.ManageAccess, "", s.pages.AccountDisable)
	get("/settings/accounts/remove", access.ManageAccess, s.pages.AccountRemoveConfirm)
	post("/settings/accounts/remove", access.ManageAccess, "", s.pages.AccountRemove)
	get("/settings/keys", access.ManageAccess, s.pages.KeysPage)
	post("/settings/keys", access.ManageAccess, "", s.pages.KeyAdd)
	get("/settings/keys/revoke", access.ManageAccess, s.pages.KeyRevokeConfirm)
	post("/settings/keys/revoke", access.ManageAccess, "", s.pages.KeyRevoke)
	get("/settings/audit", access.ReadAudit, s.pages.AuditPage)

	// The order matters: the ETag is that of the compressed response. The URLs have
	// digests of their files, so that browsers may cache them for ever.
	s.app.Use("/static", etag.New(), compress.New(), filesystem.New(filesystem.Config{
		Root:   http.FS(static.FS),
		MaxAge: 365 * 24 * 3600,
	}))
}
