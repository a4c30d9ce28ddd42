package alerts

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/alertlist"
	alertviews "postern/views/alerts"
	"postern/views/ui"
)

// GroupPage shows the open alerts of a cause, and what was done with others.
func (h *Handlers) GroupPage(c *fiber.Ctx) error {
	cause, ok := alert.ParseCauseID(request.PathID(c))
	if !ok {
		return errNoGroup
	}
	q, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	sel := alerts.Selection{Cause: cause}
	p := alertviews.GroupProps{
		Frame: h.FrameOf(c, "Alerts of a cause", cause.String(), ui.SectionAlerts), Flash: h.TakeFlash(c).Flash, ID: cause,
		Groups: alertlist.Props{Person: page.PersonName(c), Now: h.Now(), Back: c.OriginalURL()}, Through: h.store.Head(),
	}
	if p.Groups.Groups, err = h.scoped.Groups(c, alerts.GroupQuery{Selection: sel, Limit: 1}); err != nil {
		return err
	}
	sel.Filter = request.WithinScope(c, sel.Filter)
	page, err := h.store.Alerts.List(c.UserContext(), alerts.Query{Selection: sel, Limit: inboxAlerts, Cursor: q.Cursor})
	if err != nil {
		return err
	}
	if page.Next != 0 {
		p.Next = event.FormatCursor(page.Next, false)
	}
	if p.Alerts, err = h.scoped.Alerts(c.UserContext(), page.Events); err != nil {
		return err
	}
	if p.Actions, _, err = h.alertActions(c, cause, 0, groupActions); err != nil {
		return err
	}
	if p.Assignees, err = h.scoped.Assignees(c, p.Groups.Person); err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, alertviews.GroupPage(p))
}

var errNoGroup = problem.New(problem.NotFound, "There are no alerts with this id of a cause.")
