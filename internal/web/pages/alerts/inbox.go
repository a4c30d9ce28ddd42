package alerts

import (
	"slices"
	"strconv"

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

// Rows of the pages about alerts.
const (
	inboxAlerts  = 50
	groupActions = 20
)

// maxSkip bounds how many groups a page of the inbox may leave out.
const maxSkip = alerts.Span

// InboxPage is the inbox: the alerts by cause, what was done with them, and by whom.
func (h *Handlers) InboxPage(c *fiber.Ctx) error {
	q, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	q.Filter = event.Filter{Types: q.Types, Cameras: q.Cameras, Sources: q.Sources}
	tab := alertviews.Tab(c.Query("tab", string(alertviews.TabOpen)))
	if !slices.ContainsFunc(alertviews.Tabs, func(t alertviews.TabInfo) bool { return t.Tab == tab }) {
		return problem.InvalidField("tab", "The inbox has no such tab.")
	}
	skip, err := strconv.Atoi(c.Query("skip", "0"))
	if err != nil || skip < 0 || skip > maxSkip {
		return problem.InvalidField("skip", "The value must be a whole number from 0 to %d.", maxSkip)
	}
	p := alertviews.InboxProps{
		Frame: h.Frame(c, "Alerts", ui.SectionAlerts), Flash: h.TakeFlash(c).Flash, Tab: tab, Filter: q.Filter, Skip: skip,
		Groups:  alertlist.Props{Person: page.PersonName(c), Now: h.Now(), Back: c.OriginalURL()},
		Cameras: h.KnownCameras(c), Through: h.store.Head(),
	}
	if p.Assignees, err = h.scoped.Assignees(c, p.Groups.Person); err != nil {
		return err
	}
	if p.Silences, err = h.scoped.Silences(c, false); err != nil {
		return err
	}
	sel := alerts.Selection{Filter: q.Filter, Through: p.Through}
	switch tab {
	case alertviews.TabMine:
		sel.Assignee = page.PersonName(c)
		if sel.Assignee != "" {
			p.Groups.Groups, err = h.scoped.Groups(c, alerts.GroupQuery{Selection: sel, Skip: skip, Limit: alertviews.PageSize})
		}
	case alertviews.TabOpen:
		p.Groups.Groups, err = h.scoped.Groups(c, alerts.GroupQuery{Selection: sel, Skip: skip, Limit: alertviews.PageSize})
	case alertviews.TabHistory:
		p.Actions, p.Next, err = h.alertActions(c, 0, q.Cursor, inboxAlerts)
	default:
		err = h.closedAlerts(c, &p, q.Cursor)
	}
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, alertviews.InboxPage(p))
}

// closedAlerts reads the alerts of the tabs Acknowledged and All.
func (h *Handlers) closedAlerts(c *fiber.Ctx, p *alertviews.InboxProps, cursor int64) error {
	state := alerts.All
	switch p.Tab {
	case alertviews.TabAcknowledged:
		state = alerts.Acknowledged
	case alertviews.TabSilenced:
		state = alerts.Silenced
	}
	page, err := h.store.Alerts.List(c.UserContext(), alerts.Query{Selection: alerts.Selection{Filter: request.WithinScope(c, p.Filter)},
		State: state, Limit: inboxAlerts, Cursor: cursor})
	if err != nil {
		return err
	}
	if page.Next != 0 {
		p.Next = event.FormatCursor(page.Next, false)
	}
	p.Alerts, err = h.scoped.Alerts(c.UserContext(), page.Events)
	return err
}

// alertActions reads a page of the history of alerts, and the cursor of the next.
func (h *Handlers) alertActions(
	c *fiber.Ctx,
	cause alert.CauseID,
	cursor int64,
	limit int,
) (list []alertviews.Action, next string, err error) {
	actions, more, err := h.scoped.AlertActions(c, cause, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	for _, a := range actions {
		list = append(list, alertviews.Action{Action: a})
	}
	if more != 0 {
		next = event.FormatCursor(more, false)
	}
	return list, next, nil
}
