package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/web/request"
)

// Whoever is restricted to some cameras sees the events of these, wherever
// events are read. Handlers read them through what is here, and not from the
// hub.

// search returns a page of history. A search by text is for a person: that
// somebody asked goes on record, with every page, since a cursor can be made
// up and so doesn't show that the first one is there.
func (s *Server) search(c *fiber.Ctx, q event.Query) (event.Page, error) {
	if q.Text != "" {
		if err := s.auditSearch(c, access.EventSearch, q.Filter); err != nil {
			return event.Page{}, err
		}
	}
	q.Filter = request.WithinScope(c, q.Filter)
	return s.hub.Search(c.UserContext(), q)
}

// event returns the event with an id, the log's or its producer's, among those
// that the principal may see. Its error is event.ErrNotFound where there is
// none.
func (s *Server) event(c *fiber.Ctx, id string) (*event.Event, error) {
	return s.hub.Find(c.UserContext(), id, request.Principal(c).Cameras.Allow)
}
