package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/web/live"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	endpointview "postern/views/endpoint"
	monitorpage "postern/views/monitor"
	"postern/views/ui"
)

// monitorPage is the live picture for a wall. Without a socket it still is a
// picture of the moment that it was made.
func (s *Server) monitorPage(c *fiber.Ctx) error {
	q, err := request.ParseFilter(c)
	if err != nil {
		return err
	}
	now, filter, cameras := s.now(), live.MonitorFilter(request.WithinScope(c, q.Filter)), request.CameraScope(c)
	props := monitorpage.Props{Now: now, Erasures: s.live.Erasures(), Filter: live.ChosenFilter(filter, cameras), Who: personName(c),
		Account: request.Principal(c).Kind == access.Person}
	again := request.Query(c)
	again.Set(ui.BackgroundParameter, "1")
	props.Again = c.Path() + "?" + again.Encode()
	if props.View, err = s.live.Monitors.View(c.UserContext(), filter, cameras, toldOfWebhooks(c), now); err != nil {
		return err
	}
	if stream, some := live.StreamFilter(filter); some {
		page, err := s.search(c, event.Query{Filter: stream, Limit: monitorpage.MaxRows})
		if err != nil {
			return err
		}
		props.Events = page.Events
	}
	props.Cameras = s.knownCameras(c)
	for _, name := range props.Filter.Cameras {
		if !slices.Contains(props.Cameras, name) {
			props.Cameras = append(props.Cameras, name)
		}
	}
	return respond.Page(c, fiber.StatusOK, monitorpage.Page(props))
}

// liveRedirect leads from where the live page was to the monitor.
func (s *Server) liveRedirect(c *fiber.Ctx) error {
	to := "/monitor"
	if query := c.Context().QueryArgs().QueryString(); len(query) > 0 {
		to += "?" + string(query)
	}
	return c.Redirect(to, fiber.StatusMovedPermanently)
}

// toldOfWebhooks reports whether a monitor says how many webhooks aren't well:
// to who may read that among the metrics. Viewers, and whoever is restricted to
// some cameras, don't see webhooks.
func toldOfWebhooks(c *fiber.Ctx) bool { return request.May(c, access.ReadMetrics) }

// webhookCount counts the webhooks, and those that somebody should look at.
func (s *Server) webhookCount() (all, unwell int) {
	endpoints := s.endpointViews()
	return len(endpoints), endpointview.CountFailing(endpoints)
}
