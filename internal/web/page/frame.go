package page

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/ui"
)

// FrameOf returns the frame of a page about one object, such as a webhook.
func (s *Shell) FrameOf(c *fiber.Ctx, title, object string, section ui.Section) ui.Frame {
	f := s.Frame(c, title, section)
	f.Object = object
	return f
}

// Frame returns the frame around a page's content.
func (s *Shell) Frame(c *fiber.Ctx, title string, section ui.Section) ui.Frame {
	p := request.Principal(c)
	f := ui.Frame{Title: title, Section: section, Now: s.Now(),
		PerMinute: s.store.Counters.PerMinute(s.store.OnLog(s.Now()), request.CameraScope(c)...)}
	if request.May(c, access.ReadEvents) {
		// Without the count the page is worth more than an error.
		inScope := alerts.Selection{Filter: request.WithinScope(c, event.Filter{})}
		f.OpenAlerts, _, _ = s.store.Alerts.Count(c.UserContext(), inScope, ui.MaxOpenAlerts)
	}
	if p.Kind == access.Person {
		f.Person, f.Role = p.Name, string(p.Role)
	}
	for section, permission := range map[ui.Section]access.Permission{
		ui.SectionOverview: access.ReadEvents, ui.SectionAlerts: access.ReadEvents, ui.SectionEvents: access.ReadEvents,
		ui.SectionCameras: access.ReadEvents, ui.SectionWebhooks: access.ReadWebhooks,
		ui.SectionMonitor: access.Monitor, ui.SectionSettings: access.ManageAccess,
	} {
		if !request.May(c, permission) {
			f.Hidden = append(f.Hidden, section)
		}
	}
	return f
}

// ErrorPage answers a request for a page with an error.
func (s *Shell) ErrorPage(c *fiber.Ctx, p respond.Problem) error {
	return respond.Page(c, p.Status, ui.ErrorPage(ui.ErrorProps{Frame: s.errorFrame(c, p.Title), Status: p.Status, Detail: p.Detail}))
}

// errorFrame returns the frame of an error page. An anonymous request gets one
// without navigation and figures.
func (s *Shell) errorFrame(c *fiber.Ctx, title string) ui.Frame {
	title = title[:1] + strings.ToLower(title[1:])
	if request.Principal(c).Kind == access.Anonymous {
		return ui.Frame{Title: title, Now: s.Now(), Unknown: true}
	}
	return s.Frame(c, title, "")
}
