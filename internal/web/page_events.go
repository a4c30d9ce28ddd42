package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/views"
)

// eventsPage lists recent events. It reads the same query as the API.
func (s *Server) eventsPage(c *fiber.Ctx) error {
	q, err := parseFilter(c)
	if err != nil {
		return err
	}
	// Its table is newest first, and so are its cursors.
	q.Ascending = false
	page, err := s.hub.Search(c.UserContext(), q)
	if err != nil {
		return err
	}
	props := views.EventsProps{
		Frame:   s.frame("Events", views.SectionEvents),
		Now:     s.now(),
		Filter:  q.Filter,
		Events:  page.Events,
		Paged:   q.Cursor != 0,
		BaseURL: c.BaseURL(),
	}
	if page.Next != 0 {
		props.Older = formatCursor(page.Next, false)
	}
	return render(c, fiber.StatusOK, views.EventsPage(props))
}

// eventPage shows one event.
func (s *Server) eventPage(c *fiber.Ctx) error {
	e, err := s.hub.Get(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	sent := c.Query("sent")
	return render(c, fiber.StatusOK, views.EventPage(views.EventProps{
		Frame:     s.frame("Event", views.SectionEvents),
		Now:       s.now(),
		Event:     e,
		Endpoints: s.endpointViews(),
		SentTo:    sent,
		Notice:    s.sentNotice(sent),
	}))
}
