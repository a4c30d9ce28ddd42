package pages

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/web/page"
	"postern/internal/web/pages/webhooks"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/alertlist"
	endpointview "postern/views/endpoint"
	overviewpage "postern/views/overview"
	settingspage "postern/views/settings"
	"postern/views/ui"
)

// The number of rows in the overview's tables.
const (
	overviewGroups = 6
	overviewEvents = 10
)

// OverviewPage shows whether cameras, alerts, webhooks and storage are all right.
func (h *Handlers) OverviewPage(c *fiber.Ctx) error {
	latest, err := h.scoped.Search(c, event.Query{Limit: overviewEvents})
	if err != nil {
		return err
	}
	if err := h.withRowStates(c, latest.Events); err != nil {
		return err
	}
	open, err := h.scoped.Groups(c, alerts.GroupQuery{Limit: overviewGroups})
	if err != nil {
		return err
	}
	current, err := h.scoped.Silences(c, false)
	if err != nil {
		return err
	}
	counted := h.store.Counters.Minutes(h.store.OnLog(h.Now()), 24*60, request.CameraScope(c)...)
	var clock settingspage.ServerClock
	if request.May(c, access.ManageAccess) {
		clock = clockView(h.store.Clock())
	}
	var endpoints []endpointview.Endpoint
	var day endpointview.Day
	if request.May(c, access.ReadWebhooks) {
		endpoints, day = webhooks.Views(h.webhooks), webhooks.DayView(h.webhooks.Hours())
	}
	return respond.Page(c, fiber.StatusOK, overviewpage.Page(overviewpage.Props{
		Frame:           h.Frame(c, "Overview", ui.SectionOverview),
		Now:             h.Now(),
		Total:           h.hub.Head(),
		Minutes:         page.Minutes(counted),
		Endpoints:       endpoints,
		Day:             day,
		Alerts:          alertlist.Props{Groups: open, Person: page.PersonName(c), Back: ui.Path("/"), Now: h.Now()},
		Silences:        current,
		Events:          latest.Events,
		Cameras:         page.ViewsOfCameras(h.scoped.CameraStates(c)),
		Clock:           clock,
		StorageProblems: h.storageTroubles(),
		BaseURL:         h.Proxies.BaseURL(c),
	}))
}
