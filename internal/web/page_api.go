package web

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/openapi"
	"postern/internal/web/respond"
	apipage "postern/views/apidoc"
)

// apiPage shows the API's description as a page.
func (s *Server) apiPage(c *fiber.Ctx) error {
	props, err := openapi.PageProps(s.proxies.BaseURL(c))
	if err != nil {
		return err
	}
	props.Frame = s.frame(c, "API", "")
	return respond.Page(c, fiber.StatusOK, apipage.Page(props))
}
