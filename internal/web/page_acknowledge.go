package web

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	eventpages "postern/views/events"
	"postern/views/ui"
)

// formAcknowledge acknowledges one alert.
func (s *Server) formAcknowledge(c *fiber.Ctx) error {
	back := "/events/" + url.PathEscape(request.PathID(c))
	return s.acknowledgeForm(c, back, func(by string) (any, error) {
		e, a, err := s.acknowledge(c, request.PathID(c), by)
		if err != nil {
			return nil, err
		}
		return alertAnswer(alertOf(e, a)), nil
	})
}

// formAcknowledgeAll acknowledges all alerts up to the one that the form names:
// later ones weren't on the person's screen.
func (s *Server) formAcknowledgeAll(c *fiber.Ctx) error {
	return s.acknowledgeForm(c, "/monitor", func(by string) (any, error) {
		form, err := readForm(c)
		if err != nil {
			return nil, err
		}
		n, exact, err := s.acknowledgeThrough(c, form.Get("through"), by)
		return throughJSON{Acknowledged: n, Exact: exact}, err
	})
}

// acknowledgeForm acknowledges alerts with the name of the person who sends a
// form, and redirects to its page. Without a name, it asks for one first. A
// script, which doesn't accept a page, gets the answer as JSON.
func (s *Server) acknowledgeForm(c *fiber.Ctx, back string, do func(by string) (any, error)) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if to := form.Get("back"); localPath(to) {
		back = to
	}
	by, typed := personName(c), strings.TrimSpace(form.Get("by"))
	if request.Principal(c).Kind == access.Person {
		typed = ""
	}
	if typed != "" {
		by = typed
	}
	if wrong := actorProblem(by); wrong != "" {
		if !request.WantsPage(c) {
			return problem.InvalidField("by", "%s", wrong)
		}
		props := eventpages.AcknowledgeProps{
			Frame: s.frame(c, "Who are you?", ui.SectionMonitor), Action: c.Path(),
			Through: form.Get("through"), Back: back, Typed: typed,
		}
		if typed != "" {
			props.Problem = wrong
		}
		return respond.Page(c, fiber.StatusUnprocessableEntity, eventpages.AcknowledgePage(props))
	}
	answer, err := do(by)
	if err != nil {
		return err
	}
	if typed != "" {
		rememberActor(c, typed)
	}
	if !request.WantsPage(c) {
		return respond.JSON(c, answer)
	}
	return c.Redirect(back, fiber.StatusSeeOther)
}

// localPath reports whether a form may redirect to a path: only to a page of this
// server.
func localPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t")
}
