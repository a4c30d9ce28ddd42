package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/openapi"
)

// ApiDescription answers the description.
func (h *Handlers) ApiDescription(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/yaml")
	return c.Send(openapi.YAML)
}
