package web

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/eventlist"
)

// takenJSON says who acknowledged an alert, and when. For an alert that
// recovery closed, it has the id of the announcement too.
type takenJSON struct {
	By         string `json:"by"`
	At         string `json:"at"`
	ResolvedBy string `json:"resolved_by,omitempty"`
}

// alertJSON is an alert with whether somebody has taken note of it: null while
// it is open.
type alertJSON struct {
	Event        jsontext.Value `json:"event"`
	Acknowledged *takenJSON     `json:"acknowledged"`
}

func alertAnswer(a eventlist.Alert) alertJSON {
	out := alertJSON{Event: a.Event.JSON()}
	if !a.Open() {
		out.Acknowledged = &takenJSON{a.By, event.FormatTime(a.At), a.Resolver}
	}
	return out
}

// alertsGet lists alerts, newest first: the open ones unless told otherwise.
func (s *Server) alertsGet(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "event_type", "camera_id", "source", "cursor", "state"); err != nil {
		return err
	}
	parsed, err := request.ParseFilter(c)
	if err != nil {
		return err
	}
	q := store.AlertQuery{Filter: request.WithinScope(c, parsed.Filter), Limit: parsed.Limit, Cursor: parsed.Cursor}
	switch c.Query("state") {
	case "", "open":
	case "acknowledged":
		q.State = store.AcknowledgedAlerts
	case "all":
		q.State = store.AllAlerts
	default:
		return problem.InvalidField("state", `The state must be "open", "acknowledged" or "all".`)
	}
	page, err := s.store.Alerts(c.UserContext(), q)
	if err != nil {
		return err
	}
	alerts, err := s.alertViews(c.UserContext(), page.Events)
	if err != nil {
		return err
	}
	if page.Next != 0 {
		respond.LinkNext(c, event.FormatCursor(page.Next, false))
	}
	out := make([]alertJSON, len(alerts))
	for i, a := range alerts {
		out[i] = alertAnswer(a)
	}
	return respond.JSON(c, out)
}

// named returns who takes note: who is signed in, whatever the request says,
// else the name that it gives.
func named(c *fiber.Ctx, given string) (string, error) {
	if p := request.Principal(c); p.Kind == access.Person {
		return p.Name, nil
	}
	if wrong := actorProblem(given); wrong != "" {
		return "", problem.InvalidField("by", "%s", wrong)
	}
	return given, nil
}

// alertAcknowledge takes note of one alert. Whoever was first stays it.
func (s *Server) alertAcknowledge(c *fiber.Ctx) error {
	var body struct {
		By string `json:"by"`
	}
	decode := request.DecodeBody
	if request.Principal(c).Kind == access.Person {
		decode = request.DecodeOptionalBody // it is known by whom
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	by, err := named(c, body.By)
	if err != nil {
		return err
	}
	e, a, err := s.acknowledge(c, request.PathID(c), by)
	if err != nil {
		return err
	}
	return respond.JSON(c, alertAnswer(alertOf(e, a)))
}

// alertsAcknowledge takes note of all that are open up to an event.
func (s *Server) alertsAcknowledge(c *fiber.Ctx) error {
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
		return problem.InvalidField("through", "This must be the id of an event: it and all alerts before it are acknowledged.")
	}
	n, exact, err := s.acknowledgeThrough(c, body.Through, by)
	if err != nil {
		return err
	}
	return respond.JSON(c, throughJSON{Acknowledged: n, Exact: exact})
}

// throughJSON says how many alerts were open; at least as many, unless exact.
type throughJSON struct {
	Acknowledged int64 `json:"acknowledged"`
	Exact        bool  `json:"exact"`
}
