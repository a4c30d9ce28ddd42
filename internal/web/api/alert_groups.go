package api

import (
	"encoding/base64"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/alerts"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// groupJSON is a group of open alerts as the API shows it.
type groupJSON struct {
	ID   string `json:"id"`
	Type string `json:"event_type"`
	// Cause is null while the newest event can't be read.
	Cause  *causeJSON `json:"cause"`
	Alerts int64      `json:"alerts"`
	// Camera is null for alerts from several cameras, or from none.
	Camera  *string `json:"camera_id"`
	Cameras int64   `json:"cameras"`
	First   int64   `json:"first_seq"`
	Last    int64   `json:"last_seq"`
	Since   *string `json:"since"`
	// Newest is the newest event.
	Newest     jsontext.Value `json:"newest"`
	Assignee   *string        `json:"assignee"`
	AssignedAt *string        `json:"assigned_at"`
}

// causeJSON is what the alerts of a group have in common.
type causeJSON struct {
	Kind  alert.CauseKind `json:"kind"`
	Value string          `json:"value"`
}

func publicGroup(g alert.Group) groupJSON {
	out := groupJSON{
		ID: g.ID.String(), Type: g.Type.String(), Alerts: g.Count, Camera: textOrNull(g.Camera), Cameras: g.Cameras, First: g.First, Last: g.Last,
		Since: timeOrNull(g.Since), Assignee: textOrNull(g.Assignee), AssignedAt: timeOrNull(g.Assigned),
	}
	if g.Newest != nil {
		c := alert.CauseOf(g.Newest)
		out.Cause, out.Newest = &causeJSON{c.Kind, c.Key}, g.Newest.JSON()
	}
	return out
}

// groupsJSON is a page of groups with the totals of all pages.
type groupsJSON struct {
	Total  int64 `json:"total"`
	Alerts int64 `json:"alerts"`
	Exact  bool  `json:"exact"`
	// ThroughSeq is the newest sequence number that the page has looked at.
	ThroughSeq int64       `json:"through_seq"`
	Groups     []groupJSON `json:"groups"`
}

// assigneeOf returns the assignee that a filter names: "me" is the signed-in account.
func assigneeOf(c *fiber.Ctx, name string) (string, error) {
	if p := request.Principal(c); name == "me" && p.Kind == access.Person {
		return p.Name, nil
	}
	names, err := request.Names("assignee", []string{name})
	if err != nil || len(names) == 0 {
		return "", err
	}
	return names[0], nil
}

// AlertGroups lists the groups of open alerts, the most severe first.
func (h *Handlers) AlertGroups(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "event_type", "camera_id", "source", "assignee", "cursor"); err != nil {
		return err
	}
	values := request.Query(c)
	cursor := values.Get("cursor")
	c.Context().QueryArgs().Del("cursor") // it isn't one of events
	query, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	q := alerts.GroupQuery{Selection: alerts.Selection{Filter: query.Filter, Through: h.store.Head()}, Limit: query.Limit}
	if q.Assignee, err = assigneeOf(c, values.Get("assignee")); err != nil {
		return err
	}
	if cursor != "" {
		var ok bool
		if q.After, q.Through, ok = parseGroupCursor(cursor); !ok {
			return event.ErrCursor
		}
	}
	page, err := h.scoped.Groups(c, q)
	if err != nil {
		return err
	}
	out := groupsJSON{
		Total: page.Total, Alerts: page.Alerts, Exact: !page.AtLeast, ThroughSeq: q.Through,
		Groups: make([]groupJSON, len(page.Groups)),
	}
	for i, g := range page.Groups {
		out.Groups[i] = publicGroup(g)
	}
	if page.More {
		respond.LinkNext(c, formatGroupCursor(page.Groups[len(page.Groups)-1].Place(), q.Through))
	}
	return respond.JSON(c, out)
}

// formatGroupCursor returns the cursor of the page after a group. The pages that follow
// leave out the alerts that the first page didn't look at, so that no group moves.
func formatGroupCursor(after alert.Place, through int64) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "g%d.%d.%d", after.Severity, after.Last, through))
}

// parseGroupCursor is the inverse of formatGroupCursor. It accepts no other spelling.
func parseGroupCursor(s string) (after alert.Place, through int64, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) > 64 {
		return after, 0, false
	}
	if _, err := fmt.Sscanf(string(b), "g%d.%d.%d", &after.Severity, &after.Last, &through); err != nil {
		return after, 0, false
	}
	return after, through, after.Last > 0 && through >= after.Last && formatGroupCursor(after, through) == s
}

// AlertGroupAssign assigns the open alerts of a group, or ends their assignment.
func (h *Handlers) AlertGroupAssign(c *fiber.Ctx) error {
	var body struct {
		act
		Assignee *string `json:"assignee"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	by, err := body.of(c)
	if err != nil {
		return err
	}
	cause, ok := alert.ParseCauseID(request.PathID(c))
	if !ok {
		return alerts.ErrNoneOpen
	}
	assignee := ""
	if body.Assignee != nil {
		if assignee = *body.Assignee; assignee == "" {
			return problem.InvalidField("assignee", "The value must be a person's name, or null to end the assignment.")
		}
	}
	if err := h.scoped.Assign(c, cause, assignee, by); err != nil {
		return err
	}
	page, err := h.scoped.Groups(c, alerts.GroupQuery{Selection: alerts.Selection{Cause: cause}, Limit: 1})
	if err != nil {
		return err
	}
	if len(page.Groups) == 0 {
		return alerts.ErrNoneOpen // its alerts were acknowledged in between
	}
	return respond.JSON(c, publicGroup(page.Groups[0]))
}

// alertActionJSON is something that a person did with alerts.
type alertActionJSON struct {
	At     string           `json:"at"`
	By     string           `json:"by"`
	Action alert.ActionKind `json:"action"`
	// Group and Camera are null where the alerts have several.
	Group    *string `json:"group"`
	Camera   *string `json:"camera_id"`
	Alerts   int64   `json:"alerts"`
	First    int64   `json:"first_seq"`
	Last     int64   `json:"last_seq"`
	Assignee *string `json:"assignee"`
	Note     string  `json:"note,omitempty"`
}

// AlertHistory lists what people did with alerts, newest first.
func (h *Handlers) AlertHistory(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "group", "cursor"); err != nil {
		return err
	}
	query, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	cause, err := groupParameter(c)
	if err != nil {
		return err
	}
	actions, next, err := h.scoped.AlertActions(c, cause, query.Cursor, query.Limit)
	if err != nil {
		return err
	}
	if next != 0 {
		respond.LinkNext(c, event.FormatCursor(next, false))
	}
	out := make([]alertActionJSON, len(actions))
	for i, a := range actions {
		out[i] = alertActionJSON{
			At: event.FormatTime(a.At), By: a.Actor, Action: a.Kind, Camera: textOrNull(a.Camera), Alerts: a.Alerts, First: a.First, Last: a.Last,
			Assignee: textOrNull(a.Assignee), Note: a.Note,
		}
		if a.Cause != 0 {
			id := a.Cause.String()
			out[i].Group = &id
		}
	}
	return respond.JSON(c, out)
}
