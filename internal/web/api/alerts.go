package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/scoped"
)

// AlertsGet lists alerts, newest first; by default only the open ones.
func (h *Handlers) AlertsGet(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "event_type", "camera_id", "source", "cursor", "state"); err != nil {
		return err
	}
	query, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	q := alerts.Query{Selection: alerts.Selection{Filter: request.WithinScope(c, query.Filter)}, Limit: query.Limit, Cursor: query.Cursor}
	switch c.Query("state") {
	case "", "open":
	case "acknowledged":
		q.State = alerts.Acknowledged
	case "all":
		q.State = alerts.All
	default:
		return problem.InvalidField("state", `The state must be "open", "acknowledged" or "all".`)
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

// named returns the name of the person who acknowledges: the signed-in
// account's name in any case, otherwise the name that the request gives.
func named(c *fiber.Ctx, given string) (string, error) {
	if p := request.Principal(c); p.Kind == access.Person {
		return p.Name, nil
	}
	if wrong := scoped.NameProblem(given); wrong != "" {
		return "", problem.InvalidField("by", "%s", wrong)
	}
	return given, nil
}

// AlertAcknowledge acknowledges one alert. The first acknowledgement stays.
func (h *Handlers) AlertAcknowledge(c *fiber.Ctx) error {
	var body struct {
		By string `json:"by"`
	}
	decode := request.DecodeBody
	if request.Principal(c).Kind == access.Person {
		decode = request.DecodeOptionalBody // the account has the name
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	by, err := named(c, body.By)
	if err != nil {
		return err
	}
	a, err := h.scoped.Acknowledge(c, request.PathID(c), alert.Act{By: by})
	if err != nil {
		return err
	}
	return respond.JSON(c, respond.NewAlert(a))
}

// AlertsAcknowledge acknowledges all open alerts up to an event.
func (h *Handlers) AlertsAcknowledge(c *fiber.Ctx) error {
	var body struct {
		By      string `json:"by"`
		Through string `json:"through"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	by, err := named(c, body.By)
	if err != nil {
		return err
	}
	if body.Through == "" {
		return problem.InvalidField("through", "The value must be the id of an event: it and all alerts before it are acknowledged.")
	}
	n, err := h.scoped.AcknowledgeThrough(c, body.Through, alert.Act{By: by})
	if err != nil {
		return err
	}
	return respond.JSON(c, respond.AcknowledgedThrough{Acknowledged: n, Exact: true})
}
