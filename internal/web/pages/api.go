package pages

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/openapi"
	"postern/internal/web/respond"
	apipage "postern/views/apidoc"
)

// APIPage shows the API's description as a page.
func (h *Handlers) APIPage(c *fiber.Ctx) error {
	props, err := openapi.PageProps(h.Proxies.BaseURL(c))
	if err != nil {
		return err
	}
	props.Frame = h.Frame(c, "API", "")
	return respond.Page(c, fiber.StatusOK, apipage.Page(props))
}
