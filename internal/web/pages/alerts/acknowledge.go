package alerts

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/alert"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/scoped"
	eventpages "postern/views/events"
	"postern/views/ui"
)

// EventAcknowledge acknowledges one alert.
func (h *Handlers) EventAcknowledge(c *fiber.Ctx) error {
	back := string(ui.EventURL(request.PathID(c)))
	return h.acknowledgeForm(c, back, func(form url.Values, act alert.Act) (any, error) {
		a, err := h.scoped.Acknowledge(c, request.PathID(c), act)
		if err != nil {
			return nil, err
		}
		return respond.NewAlert(a), nil
	})
}

// MonitorAcknowledge acknowledges all alerts up to the one that the form names:
// later ones weren't on the person's screen.
func (h *Handlers) MonitorAcknowledge(c *fiber.Ctx) error {
	return h.acknowledgeForm(c, ui.Path("/monitor"), func(form url.Values, act alert.Act) (any, error) {
		n, err := h.scoped.AcknowledgeThrough(c, form.Get("through"), act)
		return respond.AcknowledgedThrough{Acknowledged: n, Exact: true}, err
	})
}

// acknowledgeForm acknowledges alerts with the name of the person who sends a
// form, and redirects to its page. Without a name, it asks for one first. A
// script, which doesn't accept a page, gets the answer as JSON.
func (h *Handlers) acknowledgeForm(c *fiber.Ctx, back string, do func(form url.Values, act alert.Act) (any, error)) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if to := form.Get("back"); page.LocalPath(to) {
		back = to
	}
	note, err := scoped.Note(form.Get("note"))
	if err != nil {
		return err
	}
	by, asked, err := h.actor(c, form, back)
	if asked || err != nil {
		return err
	}
	answer, err := do(form, alert.Act{By: by, Note: note})
	if err != nil {
		return err
	}
	if !request.WantsPage(c) {
		return respond.JSON(c, answer)
	}
	return c.Redirect(back, fiber.StatusSeeOther)
}

// actor returns the name of the person who sends a form: the account's, or without
// accounts the typed or the remembered one. Where it isn't known, the answer is a page
// that asks for it and sends the form again: asked is true then.
func (h *Handlers) actor(c *fiber.Ctx, form url.Values, back string) (by string, asked bool, err error) {
	by, typed := page.PersonName(c), strings.TrimSpace(form.Get("by"))
	if request.Principal(c).Kind == access.Person {
		typed = ""
	}
	if typed != "" {
		by = typed
	}
	wrong := scoped.NameProblem(by)
	if wrong == "" {
		if typed != "" {
			page.RememberActor(c, typed)
		}
		return by, false, nil
	}
	if !request.WantsPage(c) {
		return "", false, problem.InvalidField("by", "%s", wrong)
	}
	props := eventpages.AcknowledgeProps{
		Frame: h.Frame(c, "Who are you?", ui.SectionAlerts), Action: c.Path(), Fields: form, Back: back, Typed: typed,
	}
	if typed != "" {
		props.Problem = wrong
	}
	return "", true, respond.Page(c, fiber.StatusUnprocessableEntity, eventpages.AcknowledgePage(props))
}

// InboxAcknowledge acknowledges the groups that a person selected.
func (h *Handlers) InboxAcknowledge(c *fiber.Ctx) error {
	return h.acknowledgeForm(c, ui.Path("/alerts"), func(form url.Values, act alert.Act) (any, error) {
		selections, err := selected(form, act.By)
		if err != nil {
			return nil, err
		}
		n, err := h.scoped.AcknowledgeAll(c, act, selections...)
		return respond.AcknowledgedThrough{Acknowledged: n, Exact: true}, err
	})
}
