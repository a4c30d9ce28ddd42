package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// identityDelete erases all data about an identity. It answers 200 once that is
// complete, and 202 if the erasure continues after the response.
func (s *Server) identityDelete(c *fiber.Ctx) error {
	identity, err := request.PathIdentity(c)
	if err != nil {
		return err
	}
	done, err := s.scoped.Erase(c, identity)
	if err != nil {
		return err
	}
	if !done.Complete {
		c.Status(fiber.StatusAccepted)
	}
	return respond.JSON(c, done)
}

// identityJSON counts the data about an identity, and lists its erasures.
type identityJSON struct {
	Events   int64         `json:"events"`
	Attempts int64         `json:"failed_attempts"`
	Pending  int64         `json:"pending_deliveries"`
	Erasing  string        `json:"erasing_since,omitempty"`
	Erased   []erasureJSON `json:"erased"`
}

type erasureJSON struct {
	At     string `json:"at"`
	Events int64  `json:"events"`
}

// identityGet answers with the amount of data about an identity, and with the
// times of its erasures.
func (s *Server) identityGet(c *fiber.Ctx) error {
	identity, err := request.PathIdentity(c)
	if err != nil {
		return err
	}
	known, err := s.scoped.Identity(c, identity)
	if err != nil {
		return err
	}
	answer := identityJSON{Events: known.Events, Attempts: known.Attempts, Pending: known.Pending, Erased: []erasureJSON{}}
	if !known.Erasing.IsZero() {
		answer.Erasing = event.FormatTime(known.Erasing)
	}
	for _, e := range known.Erased {
		answer.Erased = append(answer.Erased, erasureJSON{event.FormatTime(e.At), e.Events})
	}
	return respond.JSON(c, answer)
}
