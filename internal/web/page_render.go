package web

import (
	"fmt"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"postern/views"
)

// render answers with a page. It is written into the body and not streamed,
// so that a length is sent and a failure still becomes a clean error.
func render(c *fiber.Ctx, status int, page templ.Component) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	if err := page.Render(c.UserContext(), c.Response().BodyWriter()); err != nil {
		c.Response().ResetBody()
		return fmt.Errorf("render page: %w", err)
	}
	c.Status(status)
	return nil
}

// frame is what a page has around its content.
func (s *Server) frame(title string, section views.Section) views.Frame {
	return views.Frame{Title: title, Section: section, PerMinute: s.journal.PerMinute(s.now())}
}
