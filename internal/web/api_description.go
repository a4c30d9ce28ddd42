package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/openapi"
)

// apiDescription answers the description.
func (s *Server) apiDescription(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/yaml")
	return c.Send(openapi.YAML)
}
