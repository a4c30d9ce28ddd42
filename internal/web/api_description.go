package web

import (
	_ "embed" // openapi.yaml

	"github.com/gofiber/fiber/v2"
)

// openapiYAML describes the API, as OpenAPI 3.1. Tests compare it with the
// routes, and check all their requests and responses against it.
//
//go:embed openapi.yaml
var openapiYAML []byte

// apiDescription answers the description.
func (s *Server) apiDescription(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/yaml")
	return c.Send(openapiYAML)
}
