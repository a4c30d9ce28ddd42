package alerts

import (
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/alert"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/views/ui"
)

// assignees are the people to whom alerts can be assigned: the accounts that may
// acknowledge, or without accounts the person who reads.
func (h *Handlers) assignees(c *fiber.Ctx) ([]string, error) {
	if h.access == nil || request.Principal(c).Kind == access.Local {
		if name := page.PersonName(c); name != "" {
			return []string{name}, nil
		}
		return nil, nil
	}
	if !request.May(c, access.Acknowledge) {
		return nil, nil
	}
	accounts, err := h.access.Accounts(c.UserContext())
	if err != nil {
		return nil, err
	}
	var names []string
	for _, a := range accounts {
		if !a.Disabled() && a.Role != account.Viewer {
			names = append(names, a.Name)
		}
	}
	return names, nil
}

// checkAssignee returns an error if alerts can't be assigned to a person. Everybody can
// take alerts over; an empty name ends an assignment.
func (h *Handlers) checkAssignee(c *fiber.Ctx, assignee, self string) error {
	if assignee == "" || assignee == self {
		return nil
	}
	known, err := h.assignees(c)
	if err != nil {
		return err
	}
	if !slices.Contains(known, assignee) {
		return problem.InvalidField("assignee", "There is no account of this name that may acknowledge alerts.")
	}
	return nil
}

// InboxAssign assigns the groups that a person selected.
func (h *Handlers) InboxAssign(c *fiber.Ctx) error {
	return h.acknowledgeForm(c, ui.Path("/alerts"), func(form url.Values, act alert.Act) (any, error) {
		selections, err := selected(form)
		if err != nil {
			return nil, err
		}
		assignee := form.Get("assignee")
		if form.Get("only") != "" && !form.Has("assignee") {
			assignee = act.By
		}
		if err := h.checkAssignee(c, assignee, act.By); err != nil {
			return nil, err
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
