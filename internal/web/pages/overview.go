package pages

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/web/live"
	"postern/internal/web/pages/webhooks"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/chart"
	endpointview "postern/views/endpoint"
	"postern/views/eventlist"
	overviewpage "postern/views/overview"
	settingspage "postern/views/settings"
	"postern/views/ui"
)

// The number of rows in the overview's tables.
const (
	overviewAlerts = 5
	overviewEvents = 10
)

// OverviewPage shows whether cameras, alerts, webhooks and storage are all right.
func (h *Handlers) OverviewPage(c *fiber.Ctx) error {
	latest, err := h.scoped.Search(c, event.Query{Limit: overviewEvents})
	if err != nil {
		return err
	}
	alerts, err := h.latestAlerts(c.UserContext(), request.WithinScope(c, event.Filter{}))
	if err != nil {
		return err
	}
	open, exact, err := h.store.Alerts.CountOpen(c.UserContext(), request.WithinScope(c, event.Filter{}), live.MaxOpenCount)
	if err != nil {
		return err
	}
	counted := h.store.Counters.Minutes(h.store.OnLog(h.Now()), 24*60, request.CameraScope(c)...)
	minutes := make([]chart.Minute, len(counted))
	for i := range counted {
		minutes[i] = chart.Minute{Start: counted[i].Start, ByType: counted[i].Counts[:], Known: counted[i].Known,
			AtLeast: counted[i].AtLeast}
	}
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
		Minutes:         minutes,
		Endpoints:       endpoints,
		Day:             day,
		Alerts:          alerts,
		Open:            overviewpage.OpenAlertCount{Count: open, AtLeast: !exact},
		Events:          latest.Events,
		Cameras:         h.shownCameras(c),
		Clock:           clock,
		StorageProblems: h.storageTroubles(),
		BaseURL:         h.Proxies.BaseURL(c),
	}))
}

// latestAlerts returns the newest open alerts that match a filter and, if there
// are fewer than overviewAlerts, the newest acknowledged ones.
func (h *Handlers) latestAlerts(ctx context.Context, f event.Filter) ([]eventlist.Alert, error) {
	var shown []*event.Event
	for _, state := range []alerts.State{alerts.Open, alerts.Acknowledged} {
		if len(shown) == overviewAlerts {
			break
		}
		page, err := h.store.Alerts.List(ctx, alerts.Query{Filter: f, State: state, Limit: overviewAlerts - len(shown)})
		if err != nil {
			return nil, err
		}
		shown = append(shown, page.Events...)
	}
	return h.scoped.Alerts(ctx, shown)
}
