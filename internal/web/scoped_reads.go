package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/web/request"
)

// Handlers read events through these methods and not from the hub, so that the
// principal's camera scope always applies.

// search returns a page of events. A search by text is usually for a person, so
// it is audited. Every page is, since a client could make up the cursor of a
// second page.
func (s *Server) search(c *fiber.Ctx, q event.Query) (event.Page, error) {
	if q.Text != "" {
		if err := s.auditSearch(c, access.EventSearch, q.Filter); err != nil {
			return event.Page{}, err
		}
	}
	q.Filter = request.WithinScope(c, q.Filter)
	return s.hub.Search(c.UserContext(), q)
}

// event returns the event with an id of Postern or of its producer, if the
// principal may read it, else event.ErrNotFound.
func (s *Server) event(c *fiber.Ctx, id string) (*event.Event, error) {
	return s.hub.Find(c.UserContext(), id, request.Principal(c).Cameras.Allow)
}
