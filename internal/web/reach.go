package web

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
)

// Whoever is restricted to some cameras sees the events of these, wherever
// events are read. Handlers read them through what is here, and not from the
// hub.

// narrowed returns a filter as far as who asks may see.
func withinScope(c *fiber.Ctx, f event.Filter) event.Filter {
	f, _ = who(c).Cameras.Narrow(f)
	return f
}

// reach returns the cameras that who asks is restricted to; nil is all.
func cameraScope(c *fiber.Ctx) []string { return withinScope(c, event.Filter{}).Cameras }

// search returns a page of history. A search by text is for a person: that
// somebody asked goes on record, with every page, since a cursor can be made
// up and so doesn't show that the first one is there.
func (s *Server) search(c *fiber.Ctx, q event.Query) (event.Page, error) {
	if q.Text != "" {
		if err := s.recordSearch(c, access.EventSearch, q.Filter); err != nil {
			return event.Page{}, err
		}
	}
	q.Filter = withinScope(c, q.Filter)
	return s.hub.Search(c.UserContext(), q)
}

// may reports whether who asks has a permission.
func may(c *fiber.Ctx, permission access.Permission) bool {
	return access.Authorize(who(c), permission) == nil
}

// pathID is the event's id in a request's path. Clients may encode more
// characters than necessary, such as a colon.
func pathID(c *fiber.Ctx) string {
	id := c.Params("id")
	if decoded, err := url.PathUnescape(id); err == nil {
		return decoded
	}
	return id
}

// event returns the event with an id, the log's or its producer's, among those
// that the principal may see. Its error is event.ErrNotFound where there is
// none.
func (s *Server) event(c *fiber.Ctx, id string) (*event.Event, error) {
	return s.hub.Find(c.UserContext(), id, who(c).Cameras.Allow)
}
