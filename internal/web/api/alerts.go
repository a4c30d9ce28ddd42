package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// AlertsGet lists alerts, newest first; by default only the open ones.
func (h *Handlers) AlertsGet(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "event_type", "camera_id", "source", "cursor", "state", "group"); err != nil {
		return err
	}
	query, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	q := alerts.Query{Selection: alerts.Selection{Filter: request.WithinScope(c, query.Filter)}, Limit: query.Limit, Cursor: query.Cursor}
	if q.Cause, err = groupParameter(c); err != nil {
		return err
	}
	switch c.Query("state") {
	case "", "open":
	case "acknowledged":
		q.State = alerts.Acknowledged
	case "all":
		q.State = alerts.All
	default:
		return problem.InvalidField("state", `The state must be "open", "acknowledged" or "all".`)
	}
	if q.Cause != 0 && q.State != alerts.Open {
		return problem.InvalidField("group", "A group has open alerts only. The history of other alerts is at %s.",
			"/api/v1/events/alerts/history")
	}
	page, err := h.store.Alerts.List(c.UserContext(), q)
	if err != nil {
		return err
	}
	alerts, err := h.scoped.Alerts(c.UserContext(), page.Events)
	if err != nil {
		return err
	}
	if page.Next != 0 {
		respond.LinkNext(c, event.FormatCursor(page.Next, false))
	}
	out := make([]respond.Alert, len(alerts))
	for i, a := range alerts {
		out[i] = respond.NewAlert(a)
	}
	return respond.JSON(c, out)
}

// groupParameter returns the id of a group in the query; zero without one.
func groupParameter(c *fiber.Ctx) (alert.CauseID, error) {
	id := c.Query("group")
	if id == "" {
		return 0, nil
	}
	return parseGroup("group", id)
}

func parseGroup(field, id string) (alert.CauseID, error) {
	cause, ok := alert.ParseCauseID(id)
	if !ok {
		return 0, problem.InvalidField(field, "The value must be the id of a group: 16 hexadecimal digits.")
	}
	return cause, nil
}
