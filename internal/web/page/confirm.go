package page

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/web/respond"
	"postern/views/ui"
)

// Confirm shows the question before a change of the object with a name. The title
// of the page is the question. The form is sent to the same path.
func (s *Shell) Confirm(c *fiber.Ctx, back, name string, props ui.ConfirmProps) error {
	props.Frame = s.Frame(c, props.Title, props.Section)
	props.Subject, props.Action, props.Back = name, c.Path(), back
	props.Fields = append([]ui.Fact{{Name: "name", Value: name}}, props.Fields...)
	return respond.Page(c, fiber.StatusOK, ui.ConfirmPage(props))
}
