package pages

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/web/live"
	"postern/internal/web/page"
	"postern/internal/web/pages/webhooks"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	endpointview "postern/views/endpoint"
	monitorpage "postern/views/monitor"
	"postern/views/ui"
)

// MonitorPage shows the live monitor for a wall screen. Without a websocket, it
// shows the state at its loading.
func (h *Handlers) MonitorPage(c *fiber.Ctx) error {
	q, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	now, filter, cameras := h.Now(), live.MonitorFilter(request.WithinScope(c, q.Filter)), request.CameraScope(c)
	props := monitorpage.Props{Now: now, Erasures: h.live.Erasures(), Filter: live.URLFilter(filter, cameras), Person: page.PersonName(c),
		Account: request.Principal(c).Kind == access.Person}
	again := request.Query(c)
	again.Set(ui.BackgroundParameter, "1")
	props.Again = ui.Path("/monitor?" + again.Encode())
	if props.View, err = h.live.Monitors.View(c.UserContext(), filter, cameras, seesWebhookCount(c), now); err != nil {
		return err
	}
	if stream, some := live.StreamFilter(filter); some {
		page, err := h.scoped.Search(c, event.Query{Filter: stream, Limit: monitorpage.MaxRows})
		if err != nil {
			return err
		}
		props.Events = page.Events
	}
	props.Cameras = h.KnownCameras(c)
	for _, name := range props.Filter.Cameras {
		if !slices.Contains(props.Cameras, name) {
			props.Cameras = append(props.Cameras, name)
		}
	}
	return respond.Page(c, fiber.StatusOK, monitorpage.Page(props))
}

// LiveRedirect redirects from the former path of the live page to the monitor.
func (h *Handlers) LiveRedirect(c *fiber.Ctx) error {
	to := ui.Path("/monitor")
	if query := c.Context().QueryArgs().QueryString(); len(query) > 0 {
		to += "?" + string(query)
	}
	return c.Redirect(to, fiber.StatusMovedPermanently)
}

// seesWebhookCount reports whether a monitor shows the number of failing webhooks.
// It needs the permission to read metrics, which have this number too. Viewers,
// and principals that are restricted to cameras, don't see webhooks.
func seesWebhookCount(c *fiber.Ctx) bool { return request.May(c, access.ReadMetrics) }

// CountWebhooks counts the webhooks, and those that need a person.
func (h *Handlers) CountWebhooks() (all, unwell int) {
	endpoints := webhooks.Views(h.webhooks)
	return len(endpoints), endpointview.CountFailing(endpoints)
}
