package scoped

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/request"
)

// Assignees are the people to whom alerts can be assigned: the accounts that may
// acknowledge, or without accounts the person of the request.
func (s *Service) Assignees(c *fiber.Ctx, self string) ([]string, error) {
	if s.withoutAccounts(c) {
		if self != "" {
			return []string{self}, nil
		}
		return nil, nil
	}
	if !request.May(c, access.Acknowledge) {
		return nil, nil
	}
	accounts, err := s.access.Accounts(c.UserContext())
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

func (s *Service) withoutAccounts(c *fiber.Ctx) bool {
	return s.access == nil || request.Principal(c).Kind == access.Local
}

// checkAssignee returns an error if alerts can't be assigned to a person. Everybody can
// take alerts over; an empty name ends an assignment.
func (s *Service) checkAssignee(c *fiber.Ctx, assignee, self string) error {
	if assignee == "" || assignee == self {
		return nil
	}
	if s.withoutAccounts(c) {
		if wrong := NameProblem(assignee); wrong != "" {
			return problem.InvalidField("assignee", "%s", wrong)
		}
		return nil
	}
	known, err := s.Assignees(c, self)
	if err != nil {
		return err
	}
	if !slices.Contains(known, assignee) {
		return problem.InvalidField("assignee", "There is no account of this name that may acknowledge alerts.")
	}
	return nil
}

// Assign assigns the open alerts of a cause to a person, or ends the assignment where
// the assignee is empty. It returns alerts.ErrNoneOpen if no alert of the cause is
// open in the principal's scope.
func (s *Service) Assign(c *fiber.Ctx, cause alert.CauseID, assignee string, act alert.Act) error {
	if err := s.checkAssignee(c, assignee, act.By); err != nil {
		return err
	}
	sel := alerts.Selection{Filter: request.WithinScope(c, event.Filter{}), Cause: cause}
	return s.store.Alerts.Assign(c.UserContext(), sel, assignee, act)
}
