package web

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/views/ui"
)

// render answers with a page. It is written into the body and not streamed,
// so that a length is sent and a failure still becomes a clean error.
func render(c *fiber.Ctx, status int, page templ.Component) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	if err := page.Render(ui.WithZone(ui.WithDenied(c.UserContext(), deniedTo(c)...), zone(c)), c.Response().BodyWriter()); err != nil {
		c.Response().ResetBody()
		return fmt.Errorf("render page: %w", err)
	}
	c.Status(status)
	return nil
}

// acts are what a page offers to those who may.
var acts = map[ui.Action]access.Permission{
	ui.ActionAcknowledge: access.Acknowledge, ui.ActionExport: access.Export, ui.ActionReadWebhooks: access.ReadWebhooks,
	ui.ActionOperateWebhooks: access.OperateWebhooks, ui.ActionManageWebhooks: access.ManageWebhooks, ui.ActionSetCameras: access.SetCameras, ui.ActionErase: access.Erase,
}

// deniedTo is what who asks may not do.
func deniedTo(c *fiber.Ctx) (denied []ui.Action) {
	for act, permission := range acts {
		if !may(c, permission) {
			denied = append(denied, act)
		}
	}
	return denied
}

// frameOf is frame for a page of one thing among many of its kind.
func (s *Server) frameOf(c *fiber.Ctx, title, object string, section ui.Section) ui.Frame {
	f := s.frame(c, title, section)
	f.Object = object
	return f
}

// frame is what a page has around its content.
func (s *Server) frame(c *fiber.Ctx, title string, section ui.Section) ui.Frame {
	p := who(c)
	f := ui.Frame{Title: title, Section: section, Now: s.now(), PerMinute: s.store.Counters.PerMinute(s.store.OnLog(s.now()), cameraScope(c)...)}
	if p.Kind == access.Person {
		f.Person, f.Role = p.Name, string(p.Role)
	}
	for section, permission := range map[ui.Section]access.Permission{
		ui.SectionOverview: access.ReadEvents, ui.SectionEvents: access.ReadEvents, ui.SectionWebhooks: access.ReadWebhooks,
		ui.SectionMonitor: access.Monitor, ui.SectionSettings: access.ManageAccess,
	} {
		if !may(c, permission) {
			f.Hidden = append(f.Hidden, section)
		}
	}
	return f
}

// errorFrame is the frame of a page that could not be. Where it isn't known who
// asks, it has what the frame has for anybody.
func (s *Server) errorFrame(c *fiber.Ctx, title string) ui.Frame {
	title = title[:1] + strings.ToLower(title[1:])
	if who(c).Kind == access.Anonymous {
		return ui.Frame{Title: title, Now: s.now(), Unknown: true}
	}
	return s.frame(c, title, "")
}
