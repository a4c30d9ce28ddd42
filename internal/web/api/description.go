package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/openapi"
)

// APIDescription answers the description.
func (h *Handlers) APIDescription(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/yaml")
	return c.Send(openapi.YAML)
}
