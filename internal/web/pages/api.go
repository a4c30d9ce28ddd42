package pages

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/problem"
	"postern/internal/web/openapi"
	"postern/internal/web/respond"
	apipage "postern/views/apidoc"
)

// APIPage lists the operations of the API's description.
func (h *Handlers) APIPage(c *fiber.Ctx) error {
	props, err := h.apiProps(c)
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, apipage.IndexPage(props))
}

// APIGroupPage shows a group of the API's operations.
func (h *Handlers) APIGroupPage(c *fiber.Ctx) error {
	props, err := h.apiProps(c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(props.Groups, func(g apipage.Group) bool { return g.Slug() == c.Params("group") })
	if i < 0 {
		return problem.New(problem.NotFound, "The API reference has no page of this name.")
	}
	props.Frame.Title = "API: " + props.Groups[i].Name
	return respond.Page(c, fiber.StatusOK, apipage.GroupPage(props, props.Groups[i]))
}

func (h *Handlers) apiProps(c *fiber.Ctx) (apipage.Props, error) {
	props, err := openapi.PageProps(h.Proxies.BaseURL(c))
	props.Frame = h.Frame(c, "API", "")
	return props, err
}
