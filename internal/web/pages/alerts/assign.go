package alerts

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"postern/internal/alert"
	"postern/internal/problem"
	"postern/views/ui"
)

// InboxAssign assigns the groups that a person selected.
func (h *Handlers) InboxAssign(c *fiber.Ctx) error {
	return h.acknowledgeForm(c, ui.Path("/alerts"), func(form url.Values, act alert.Act) (any, error) {
		selections, err := selected(form, act.By)
		if err != nil {
			return nil, err
		}
		assignee := form.Get("assignee")
		if form.Get("only") != "" && !form.Has("assignee") {
			assignee = act.By
		}
		for _, sel := range selections {
			if sel.Cause == 0 {
				return nil, problem.InvalidField("all", "Select the groups to assign one by one.")
			}
			if err := h.scoped.Assign(c, sel.Cause, assignee, act); err != nil {
				return nil, err
			}
		}
		return struct{}{}, nil
	})
}
