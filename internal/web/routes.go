package web

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/etag"
	"github.com/gofiber/fiber/v2/middleware/filesystem"

	"postern/internal/access"
	"postern/internal/web/api"
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
	if api.TakesIdempotencyKey(method, path) {
		handlers = append([]fiber.Handler{s.api.Idempotent}, handlers...)
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

	get(request.APIPrefix+"/openapi.yaml", public, s.api.APIDescription)
	const events, hooks = request.APIPrefix + "/events", request.APIPrefix + "/events/webhooks"
	post(events, access.Ingest, "", s.traced(s.api.EventsPost))
	get(events+"/recent", access.ReadEvents, s.api.EventsRecent)
	get(events+"/export", access.Export, s.api.EventsExport)
	get(events+"/stream", access.ReadEvents, s.api.EventsStream)
	get(events+"/types", access.ReadEvents, s.api.EventTypes)
	get(events+"/alerts", access.ReadEvents, s.api.AlertsGet)
	post(events+"/alerts/acknowledge", access.Acknowledge, access.AlertAcknowledge, s.api.AlertsAcknowledge)
	get(events+"/alerts/groups", access.ReadEvents, s.api.AlertGroups)
	post(events+"/alerts/groups/:id/assign", access.Acknowledge, access.AlertAssign, s.api.AlertGroupAssign)
	get(events+"/alerts/history", access.ReadEvents, s.api.AlertHistory)
	post(hooks, access.ManageWebhooks, access.WebhookAdd, s.api.WebhooksPost)
	post(hooks+"/preview", access.ManageWebhooks, "", s.api.WebhookPreview)
	get(hooks, access.ReadWebhooks, s.api.WebhooksGet)
	post(hooks+"/pause", access.OperateWebhooks, access.WebhookPause, s.api.WebhooksPause)
	post(hooks+"/resume", access.OperateWebhooks, access.WebhookResume, s.api.WebhooksResume)
	post(hooks+"/test", access.OperateWebhooks, access.WebhookTest, s.api.WebhooksTest)
	post(hooks+"/recover", access.OperateWebhooks, access.WebhookRecover, s.api.WebhooksRecover)
	get(hooks+"/recoveries", access.ReadWebhooks, s.api.RecoveriesGet)
	get(hooks+"/recoveries/:id", access.ReadWebhooks, s.api.RecoveryGet)
	s.on(http.MethodDelete, hooks+"/recoveries/:id", access.OperateWebhooks, access.RecoverStop, s.api.RecoveryDelete)
	get(hooks+"/:id", access.ReadWebhooks, s.api.WebhookGet)
	s.on(http.MethodPatch, hooks+"/:id", access.ManageWebhooks, access.WebhookChange, s.api.WebhookPatch)
	s.on(http.MethodDelete, hooks+"/:id", access.ManageWebhooks, access.WebhookRemove, s.api.WebhookDelete)
	get(hooks+"/:id/attempts", access.ReadWebhooks, s.api.WebhookAttempts)
	get(hooks+"/:id/attempts/:attempt", access.ReadWebhooks, s.api.WebhookAttempt)
	get(hooks+"/:id/hours", access.ReadWebhooks, s.api.WebhookHours)
	get(hooks+"/:id/states", access.ReadWebhooks, s.api.WebhookStates)
	post(hooks+"/:id/pause", access.OperateWebhooks, access.WebhookPause, s.api.WebhookPause)
	post(hooks+"/:id/resume", access.OperateWebhooks, access.WebhookResume, s.api.WebhookResume)
	post(hooks+"/:id/test", access.OperateWebhooks, access.WebhookTest, s.api.WebhookTest)
	post(hooks+"/:id/rotate", access.ManageWebhooks, access.WebhookRotate, s.api.WebhookRotate)
	post(hooks+"/:id/end-overlap", access.ManageWebhooks, access.WebhookRotate, s.api.WebhookEndOverlap)
	post(hooks+"/:id/resend", access.OperateWebhooks, access.WebhookResend, s.api.WebhookResend)
	post(hooks+"/:id/set-aside", access.OperateWebhooks, access.WebhookSetAside, s.api.WebhookSetAside)
	post(hooks+"/:id/replays", access.OperateWebhooks, access.WebhookReplay, s.api.ReplaysPost)
	get(hooks+"/:id/replays", access.ReadWebhooks, s.api.ReplaysGet)
	s.on(http.MethodDelete, hooks+"/:id/replays/:replay", access.OperateWebhooks, access.WebhookStop, s.api.ReplayDelete)
	get(events+"/:id", access.ReadEvents, s.api.EventGet)
	post(events+"/:id/acknowledge", access.Acknowledge, access.AlertAcknowledge, s.api.AlertAcknowledge)
	s.on(http.MethodPut, events+"/:id/snapshot", access.Ingest, "", s.api.SnapshotPut)
	get(events+"/:id/snapshot", access.ReadSnapshots, s.api.SnapshotGet)
	get(events+"/:id/deliveries", access.ReadWebhooks, s.api.EventDeliveries)

	const known = request.APIPrefix + "/cameras"
	const silences = request.APIPrefix + "/silences"
	get(silences, access.ReadEvents, s.api.SilencesGet)
	post(silences, access.Silence, access.SilenceAdd, s.api.SilencesPost)
	get(silences+"/:id", access.ReadEvents, s.api.SilenceGet)
	s.on(http.MethodDelete, silences+"/:id", access.Silence, access.SilenceEnd, s.api.SilenceDelete)

	get(known, access.ReadEvents, s.api.CamerasGet)
	get(known+"/:id", access.ReadEvents, s.api.CameraGet)
	s.on(http.MethodPut, known+"/:id", access.SetCameras, access.CameraSet, s.api.CameraPut)
	s.on(http.MethodPatch, known+"/:id", access.SetCameras, access.CameraSet, s.api.CameraPatch)

	const identities, holds = request.APIPrefix + "/identities", request.APIPrefix + "/holds"
	get(identities+"/:id", access.Erase, s.api.IdentityGet)
	s.on(http.MethodDelete, identities+"/:id", access.Erase, access.IdentityErase, s.api.IdentityDelete)
	post(holds, access.Erase, access.HoldAdd, s.api.HoldsPost)
	get(holds, access.Erase, s.api.HoldsGet)
	get(holds+"/:id", access.Erase, s.api.HoldGet)
	s.on(http.MethodDelete, holds+"/:id", access.Erase, access.HoldRemove, s.api.HoldDelete)
	get(holds+"/:id/events", access.Erase, s.api.HoldEvents)

	get(request.APIPrefix+"/clock", access.Maintain, s.api.ClockGet)
	post(request.APIPrefix+"/clock/confirm", access.Maintain, access.ClockConfirm, s.api.ClockConfirm)

	// Pages are compressed; the API and the websocket, which stream, are not.
	s.app.Use(compress.New(compress.Config{Next: func(c *fiber.Ctx) bool {
		return c.Path() == "/live/socket" || strings.HasPrefix(c.Path(), request.APIPrefix) || strings.HasPrefix(c.Path(), "/static")
	}}))
	s.app.Use(s.nameCameras)
	get("/sign-in", public, s.accountPages.SignInPage)
	post("/sign-in", public, "", s.accountPages.SignIn)
	post("/sign-out", public, "", s.accountPages.SignOut)
	get("/account", access.OwnAccount, s.accountPages.AccountPage)
	post("/account/password", access.OwnAccount, "", s.accountPages.OwnPassword)
	post("/account/display", access.OwnAccount, "", s.accountPages.OwnDisplay)
	post("/account/sessions/end", access.OwnAccount, "", s.accountPages.SessionEnd)

	get("/", access.ReadEvents, s.pages.OverviewPage)
	get("/go", access.ReadEvents, s.palettePages.SearchPage)
	get("/go/suggestions", access.ReadEvents, s.palettePages.Suggestions)
	get("/events", access.ReadEvents, s.pages.EventsPage)
	get("/event-badges", access.ReadWebhooks, s.pages.EventBadges)
	get("/events/:id", access.ReadEvents, s.pages.EventPage)
	post("/events/:id/resend", access.OperateWebhooks, access.WebhookResend, s.pages.EventResend)
	post("/events/:id/acknowledge", access.Acknowledge, access.AlertAcknowledge, s.alertPages.EventAcknowledge)

	get("/alerts", access.ReadEvents, s.alertPages.InboxPage)
	post("/alerts/acknowledge", access.Acknowledge, access.AlertAcknowledge, s.alertPages.InboxAcknowledge)
	post("/alerts/assign", access.Acknowledge, access.AlertAssign, s.alertPages.InboxAssign)
	get("/alerts/:id", access.ReadEvents, s.alertPages.GroupPage)

	get("/silences", access.ReadEvents, s.alertPages.SilencesPage)
	get("/silences/new", access.Silence, s.alertPages.SilencePage)
	post("/silences", access.Silence, access.SilenceAdd, s.alertPages.SilenceAdd)
	post("/silences/:id/end", access.Silence, access.SilenceEnd, s.alertPages.SilenceEnd)

	get("/cameras", access.ReadEvents, s.cameraPages.CamerasPage)
	get("/cameras/:id", access.ReadEvents, s.cameraPages.CameraPage)
	post("/cameras/:id/settings", access.SetCameras, access.CameraSet, s.cameraPages.CameraSet)

	get("/identities/:id/erase", access.Erase, s.pages.IdentityErasePage)
	post("/identities/:id/erase", access.Erase, access.IdentityErase, s.pages.IdentityErase)

	get("/webhooks", access.ReadWebhooks, s.webhookPages.ListPage)
	post("/webhooks", access.ManageWebhooks, access.WebhookAdd, s.webhookPages.Register)
	get("/webhooks/new", access.ManageWebhooks, s.webhookPages.NewPage)
	post("/webhooks/pause", access.OperateWebhooks, access.WebhookPause, s.webhookPages.PauseSeveral)
	post("/webhooks/resume", access.OperateWebhooks, access.WebhookResume, s.webhookPages.ResumeSeveral)
	post("/webhooks/test", access.OperateWebhooks, access.WebhookTest, s.webhookPages.TestSeveral)
	get("/webhooks/recover", access.OperateWebhooks, s.webhookPages.RecoverPage)
	post("/webhooks/recover", access.OperateWebhooks, access.WebhookRecover, s.webhookPages.Recover)
	post("/webhooks/recoveries/:id/stop", access.OperateWebhooks, access.RecoverStop, s.webhookPages.StopRecovery)
	get("/webhooks/check-url", access.ManageWebhooks, s.webhookPages.CheckURL)
	post("/webhooks/check-receiver", access.ManageWebhooks, access.WebhookTest, s.webhookPages.CheckReceiver)
	post("/webhooks/preview", access.ManageWebhooks, "", s.webhookPages.Preview)
	get("/webhooks/:id", access.ReadWebhooks, s.webhookPages.Page)
	get("/webhooks/:id/attempts/:attempt", access.ReadWebhooks, s.webhookPages.AttemptPage)
	get("/webhooks/:id/remove", access.ManageWebhooks, s.webhookPages.RemovePage)
	post("/webhooks/:id/remove", access.ManageWebhooks, access.WebhookRemove, s.webhookPages.Remove)
	get("/webhooks/:id/edit", access.ManageWebhooks, s.webhookPages.EditPage)
	post("/webhooks/:id/edit", access.ManageWebhooks, access.WebhookChange, s.webhookPages.Edit)
	post("/webhooks/:id/pause", access.OperateWebhooks, access.WebhookPause, s.webhookPages.Pause)
	post("/webhooks/:id/resume", access.OperateWebhooks, access.WebhookResume, s.webhookPages.Resume)
	post("/webhooks/:id/test", access.OperateWebhooks, access.WebhookTest, s.webhookPages.Test)
	post("/webhooks/:id/resend", access.OperateWebhooks, access.WebhookResend, s.webhookPages.Resend)
	post("/webhooks/:id/set-aside", access.OperateWebhooks, access.WebhookSetAside, s.webhookPages.SetAside)
	post("/webhooks/:id/rotate", access.ManageWebhooks, access.WebhookRotate, s.webhookPages.Rotate)
	post("/webhooks/:id/end-overlap", access.ManageWebhooks, access.WebhookRotate, s.webhookPages.EndOverlap)
	get("/webhooks/:id/replay", access.OperateWebhooks, s.webhookPages.ReplayPage)
	post("/webhooks/:id/replay", access.OperateWebhooks, access.WebhookReplay, s.webhookPages.Replay)
	post("/webhooks/:id/replays/:replay/stop", access.OperateWebhooks, access.WebhookStop, s.webhookPages.StopReplay)

	s.app.Use("/monitor", s.accountPages.Screen)
	get("/monitor", access.Monitor, s.pages.MonitorPage)
	post("/monitor/acknowledge", access.AcknowledgeAll, access.AlertAcknowledge, s.alertPages.MonitorAcknowledge)
	get("/live", access.Monitor, s.pages.LiveRedirect)
	get("/live/socket", access.Monitor, s.pages.LiveSocket)

	get("/report", access.ReadEvents, s.reportPages.ReportPage)
	get("/docs/events", access.ReadEvents, s.cataloguePages.CataloguePage)
	post("/docs/events/:type/sample", access.Ingest, access.EventSample, s.cataloguePages.SampleSend)
	get("/docs/api", access.ReadEvents, s.pages.APIPage)
	get("/docs/api/:group", access.ReadEvents, s.pages.APIGroupPage)

	get("/settings", access.ManageAccess, s.pages.SettingsPage)
	post("/settings/clock/confirm", access.Maintain, access.ClockConfirm, s.pages.ClockConfirm)
	get("/settings/accounts", access.ManageAccess, s.accountPages.AccountsPage)
	post("/settings/accounts", access.ManageAccess, "", s.accountPages.AccountAdd)
	get("/settings/accounts/password", access.ManageAccess, s.accountPages.AccountPasswordConfirm)
	post("/settings/accounts/password", access.ManageAccess, "", s.accountPages.AccountPassword)
	post("/settings/accounts/role", access.ManageAccess, "", s.accountPages.AccountRole)
	get("/settings/accounts/disable", access.ManageAccess, s.accountPages.AccountDisableConfirm)
	post("/settings/accounts/disable", access.ManageAccess, "", s.accountPages.AccountDisable)
	get("/settings/accounts/remove", access.ManageAccess, s.accountPages.AccountRemoveConfirm)
	post("/settings/accounts/remove", access.ManageAccess, "", s.accountPages.AccountRemove)
	get("/settings/keys", access.ManageAccess, s.accountPages.KeysPage)
	post("/settings/keys", access.ManageAccess, "", s.accountPages.KeyAdd)
	get("/settings/keys/revoke", access.ManageAccess, s.accountPages.KeyRevokeConfirm)
	post("/settings/keys/revoke", access.ManageAccess, "", s.accountPages.KeyRevoke)
	get("/settings/audit", access.ReadAudit, s.accountPages.AuditPage)

	// The order matters: the ETag is that of the compressed response. The URLs have
	// digests of their files, so that browsers may cache them for ever.
	s.app.Use("/static", etag.New(), compress.New(), filesystem.New(filesystem.Config{
		Root:   http.FS(static.FS),
		MaxAge: 365 * 24 * 3600,
	}))
}
