package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// IdentityDelete erases all data about an identity. It answers 200 once that is
// complete, and 202 if the erasure continues after the response.
func (h *Handlers) IdentityDelete(c *fiber.Ctx) error {
	identity, err := request.PathIdentity(c)
	if err != nil {
		return err
	}
	done, err := h.scoped.Erase(c, identity)
	if err != nil {
		return err
	}
	if !done.Complete {
		c.Status(fiber.StatusAccepted)
	}
	return respond.JSON(c, done)
}

// Identity counts the data about an identity, and lists its erasures.
type Identity struct {
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

// IdentityGet answers with the amount of data about an identity, and with the
// times of its erasures.
func (h *Handlers) IdentityGet(c *fiber.Ctx) error {
	identity, err := request.PathIdentity(c)
	if err != nil {
		return err
	}
	known, err := h.scoped.Identity(c, identity)
	if err != nil {
		return err
	}
	answer := Identity{Events: known.Events, Attempts: known.Attempts, Pending: known.Pending, Erased: []erasureJSON{}}
	if !known.Erasing.IsZero() {
		answer.Erasing = event.FormatTime(known.Erasing)
	}
	for _, e := range known.Erased {
		answer.Erased = append(answer.Erased, erasureJSON{event.FormatTime(e.At), e.Events})
	}
	return respond.JSON(c, answer)
}
