package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/views"
)

// livePage shows the newest events; its socket keeps it so. Without one it
// still is a picture of the moment that it was made.
func (s *Server) livePage(c *fiber.Ctx) error {
	q, err := parseFilter(c)
	if err != nil {
		return err
	}
	page, err := s.hub.Search(c.UserContext(), event.Query{Filter: q.Filter, Limit: liveSnapshotRows})
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, views.LivePage(views.LiveProps{
		Frame:   s.frame("Live", views.SectionLive),
		Now:     s.now(),
		Filter:  q.Filter,
		Events:  page.Events,
		BaseURL: c.BaseURL(),
	}))
}
