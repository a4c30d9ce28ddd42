package scoped

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/web/request"
)

// Handlers read events through these methods and not from the hub, so that the
// principal's camera scope always applies.

// Search returns a page of events. A search by text is usually for a person, so
// it is audited. Every page is, since a client could make up the cursor of a
// second page.
func (s *Service) Search(c *fiber.Ctx, q event.Query) (event.Page, error) {
	if q.Text != "" {
		if err := s.audit.Search(c, access.EventSearch, q.Filter); err != nil {
			return event.Page{}, err
		}
	}
	q.Filter = request.WithinScope(c, q.Filter)
	return s.hub.Search(c.UserContext(), q)
}

// Event returns the event with an id of Postern or of its producer, if the
// principal may read it, else event.ErrNotFound.
func (s *Service) Event(c *fiber.Ctx, id string) (*event.Event, error) {
	return s.hub.Find(c.UserContext(), id, request.Principal(c).Cameras.Allow)
}

// IDAt returns the id of the event with a sequence number; empty if there is none
// or the principal may not see it.
func (s *Service) IDAt(c *fiber.Ctx, seq int64) (string, error) {
	e, err := s.hub.At(c.UserContext(), seq)
	if errors.Is(err, event.ErrNotFound) || err == nil && !request.Principal(c).Cameras.Allow(e.Camera) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return e.ID, nil
}
