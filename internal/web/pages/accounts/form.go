package accounts

import (
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/views/ui"
)

// withSelected returns the choices with the selected values marked.
func withSelected(among []ui.Choice, values ...string) []ui.Choice {
	marked := slices.Clone(among)
	for i := range marked {
		marked[i].Selected = slices.Contains(values, marked[i].Value)
	}
	return marked
}

// restriction reads a form's cameras; an empty list means all cameras.
func restriction(text string) []string {
	if names := page.NameList(text); len(names) > 0 {
		return names
	}
	return nil
}

// accessForm reads a form about accounts and keys.
func (h *Handlers) accessForm(c *fiber.Ctx) (url.Values, error) {
	if h.access == nil {
		return nil, errNoAccess
	}
	return page.ReadForm(c)
}

var errNoAccess = problem.New(problem.NotFound, "This Postern has no accounts and keys.")

// accessErrors returns the messages that a form shows at its fields; nil for an
// error that isn't about them.
func accessErrors(err error) map[string]string {
	known := problem.Of(err)
	switch {
	case known == nil:
		return nil
	case known.Code == problem.Invalid:
		messages := make(map[string]string, len(known.Fields))
		for _, f := range known.Fields {
			messages[f.Field] = f.Message
		}
		return messages
	case known.Code == problem.Conflict:
		return map[string]string{"": known.Detail}
	}
	return nil
}
