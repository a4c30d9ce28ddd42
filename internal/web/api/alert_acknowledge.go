package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/audit"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/scoped"
)

const (
	// maxAlertIDs bounds the alerts, and maxGroups the groups, that one request names.
	maxAlertIDs = 1000
	maxGroups   = 100
)

// act is a person's act in a body.
type act struct {
	By   string `json:"by"`
	Note string `json:"note"`
}

// of checks the act. The name is the signed-in account's in any case, and otherwise the
// one that the body gives.
func (a act) of(c *fiber.Ctx) (alert.Act, error) {
	by := a.By
	if p := request.Principal(c); p.Kind == access.Person {
		by = p.Name
	} else if wrong := scoped.NameProblem(by); wrong != "" {
		return alert.Act{}, problem.InvalidField("by", "%s", wrong)
	}
	note, err := scoped.Note(a.Note)
	return alert.Act{By: by, Note: note}, err
}

// AlertAcknowledge acknowledges one alert. The first acknowledgement stays.
func (h *Handlers) AlertAcknowledge(c *fiber.Ctx) error {
	var body act
	decode := request.DecodeBody
	if request.Principal(c).Kind == access.Person {
		decode = request.DecodeOptionalBody // the account has the name
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	by, err := body.of(c)
	if err != nil {
		return err
	}
	a, err := h.scoped.Acknowledge(c, request.PathID(c), by)
	if err != nil {
		return err
	}
	return respond.JSON(c, respond.NewAlert(a))
}

// alertFilter has the parameters of the groups' list.
type alertFilter struct {
	Types    []string `json:"event_type"`
	Cameras  []string `json:"camera_id"`
	Sources  []string `json:"source"`
	Assignee string   `json:"assignee"`
}

// selection checks the filter.
func (f alertFilter) selection(c *fiber.Ctx) (sel alerts.Selection, err error) {
	if len(f.Types) > 0 {
		if sel.Types, err = event.ParseTypes(request.Dedupe(f.Types)); err != nil {
			return sel, problem.InvalidField("event_type", "%s", err)
		}
	}
	if sel.Cameras, err = request.Names("camera_id", f.Cameras); err != nil {
		return sel, err
	}
	if sel.Sources, err = request.Names("source", f.Sources); err != nil {
		return sel, err
	}
	sel.Assignee, err = assigneeOf(c, f.Assignee)
	return sel, err
}

// selectedAlerts selects the alerts of a change: by their ids, by their groups, or by a
// filter. Without any of them it selects all.
type selectedAlerts struct {
	Through    string       `json:"through"`
	ThroughSeq int64        `json:"through_seq"`
	IDs        *[]string    `json:"ids"`
	Groups     *[]string    `json:"groups"`
	Filter     *alertFilter `json:"filter"`
}

// selections checks what is selected. Alerts after the one that the request names stay
// open: the program hasn't seen them.
func (h *Handlers) selections(c *fiber.Ctx, s selectedAlerts) ([]alerts.Selection, error) {
	given := 0
	for _, is := range []bool{s.IDs != nil, s.Groups != nil, s.Filter != nil} {
		if is {
			given++
		}
	}
	if given > 1 {
		return nil, &problem.Error{Code: problem.Invalid, Detail: `Give only one of "ids", "groups" and "filter".`}
	}
	through, err := h.through(c, s)
	if err != nil {
		return nil, err
	}
	switch {
	case s.IDs != nil:
		return h.selectedByID(c, *s.IDs, through)
	case s.Groups != nil:
		return selectedGroups(*s.Groups, through)
	case s.Filter != nil:
		sel, err := s.Filter.selection(c)
		sel.Through = through
		return []alerts.Selection{sel}, err
	}
	return []alerts.Selection{{Through: through}}, nil
}

// through returns the newest sequence number that is selected; zero where the ids of the
// alerts say all.
func (h *Handlers) through(c *fiber.Ctx, s selectedAlerts) (int64, error) {
	switch {
	case s.Through != "" && s.ThroughSeq != 0:
		return 0, problem.InvalidField("through_seq", `Give either "through" or "through_seq".`)
	case s.ThroughSeq < 0:
		return 0, problem.InvalidField("through_seq", "The value must be a sequence number, at least 1.")
	case s.ThroughSeq > 0:
		return s.ThroughSeq, nil
	case s.Through == "" && s.IDs != nil:
		return 0, nil
	case s.Through == "":
		return 0, problem.InvalidField("through",
			`Give the id of the newest event that was seen, or its sequence number as "through_seq": later alerts stay open.`)
	}
	e, err := h.scoped.Event(c, s.Through)
	if err != nil {
		return 0, err
	}
	audit.SetTarget(c, e.ID)
	return e.Seq, nil
}

func (h *Handlers) selectedByID(c *fiber.Ctx, ids []string, through int64) ([]alerts.Selection, error) {
	ids = request.Dedupe(ids)
	if len(ids) == 0 || len(ids) > maxAlertIDs {
		return nil, problem.InvalidField("ids", "Give the ids of 1 to %d alerts.", maxAlertIDs)
	}
	sel := alerts.Selection{Through: through}
	for _, id := range ids {
		e, err := h.scoped.Event(c, id)
		if err != nil {
			return nil, err
		}
		if !e.IsAlert() {
			return nil, alerts.ErrNoAlert
		}
		sel.Seqs = append(sel.Seqs, e.Seq)
	}
	if len(ids) == 1 {
		audit.SetTarget(c, ids[0])
	}
	return []alerts.Selection{sel}, nil
}

func selectedGroups(ids []string, through int64) (out []alerts.Selection, err error) {
	ids = request.Dedupe(ids)
	if len(ids) == 0 || len(ids) > maxGroups {
		return nil, problem.InvalidField("groups", "Give the ids of 1 to %d groups.", maxGroups)
	}
	for _, id := range ids {
		cause, err := parseGroup("groups", id)
		if err != nil {
			return nil, err
		}
		out = append(out, alerts.Selection{Cause: cause, Through: through})
	}
	return out, nil
}

// AlertsAcknowledge acknowledges the selected open alerts.
func (h *Handlers) AlertsAcknowledge(c *fiber.Ctx) error {
	var body struct {
		act
		selectedAlerts
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	by, err := body.of(c)
	if err != nil {
		return err
	}
	selections, err := h.selections(c, body.selectedAlerts)
	if err != nil {
		return err
	}
	n, err := h.scoped.AcknowledgeAll(c, by, selections...)
	if err != nil {
		return err
	}
	return respond.JSON(c, respond.AcknowledgedThrough{Acknowledged: n, Exact: true})
}
