package api

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/legalhold"
	"postern/internal/web/audit"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// maxReasonBytes bounds a hold's reason.
const maxReasonBytes = 1000

// holdRequest is the body of a request for a hold.
type holdRequest struct {
	Reason     string         `json:"reason"`
	Types      []string       `json:"event_types"`
	Cameras    []string       `json:"camera_ids"`
	Sources    []string       `json:"sources"`
	Since      request.Time   `json:"since"`
	Until      request.Time   `json:"until"`
	Conditions jsontext.Value `json:"conditions"`
	Identity   string         `json:"identity_id"`
}

// Hold is a hold in an answer.
type Hold struct {
	ID         string         `json:"id,omitzero"`
	Reason     string         `json:"reason"`
	Types      []string       `json:"event_types,omitempty"`
	Cameras    []string       `json:"camera_ids,omitempty"`
	Sources    []string       `json:"sources,omitempty"`
	Since      string         `json:"since,omitzero"`
	Until      string         `json:"until,omitzero"`
	Conditions jsontext.Value `json:"conditions,omitempty"`
	Identity   string         `json:"identity_id,omitzero"`
	CreatedAt  string         `json:"created_at,omitzero"`
	Kept       *heldJSON      `json:"kept,omitzero"`
}

// heldJSON counts the events that only a hold keeps.
type heldJSON struct {
	Events int64 `json:"events"`
	Bytes  int64 `json:"bytes"`
}

func publicHold(h *legalhold.Hold) Hold {
	out := Hold{
		ID: h.ID, Reason: h.Reason, Cameras: h.Filter.Cameras, Sources: h.Filter.Sources, Identity: h.Identity,
		CreatedAt: event.FormatTime(h.CreatedAt), Kept: &heldJSON{h.Events, h.Bytes},
	}
	if h.Filter.Types != 0 {
		out.Types = h.Filter.Types.Names()
	}
	if !h.Filter.Since.IsZero() {
		out.Since = event.FormatTime(h.Filter.Since)
	}
	if !h.Filter.Until.IsZero() {
		out.Until = event.FormatTime(h.Filter.Until)
	}
	if !h.Filter.Conditions.Empty() {
		out.Conditions = jsontext.Value(h.Filter.Conditions.String())
	}
	return out
}

// hold checks the request. A hold stores absolute times: relative ones are
// resolved here, relative to now. Its errors are *problem.Error.
func (b *holdRequest) hold(now time.Time) (*legalhold.Hold, error) {
	if b.Reason = strings.TrimSpace(b.Reason); b.Reason == "" || len(b.Reason) > maxReasonBytes || !utf8.ValidString(b.Reason) {
		return nil, problem.InvalidField("reason", "The reason must say in 1 to %d bytes why the events are kept.", maxReasonBytes)
	}
	h := &legalhold.Hold{Reason: b.Reason, Identity: b.Identity}
	var err error
	if len(b.Types) > 0 {
		if h.Filter.Types, err = event.ParseTypes(b.Types); err != nil {
			return nil, problem.InvalidField("event_types", "%s", err)
		}
	}
	for _, list := range []struct {
		field string
		from  []string
		to    *[]string
	}{{"camera_ids", b.Cameras, &h.Filter.Cameras}, {"sources", b.Sources, &h.Filter.Sources}} {
		if len(list.from) > request.MaxFilterValues {
			return nil, problem.InvalidField(list.field, "The list may have at most %d names.", request.MaxFilterValues)
		}
		for _, name := range list.from {
			if n := utf8.RuneCountInString(name); n < 1 || n > event.MaxNameLength {
				return nil, problem.InvalidField(list.field, "Each name in the list must be 1 to %d characters long.", event.MaxNameLength)
			}
		}
		*list.to = list.from
	}
	if h.Filter.Since, err = b.Since.Parse("since", now); err != nil {
		return nil, err
	}
	if h.Filter.Until, err = b.Until.Parse("until", now); err != nil {
		return nil, err
	}
	if len(b.Conditions) > 0 {
		if h.Filter.Conditions, err = event.ParseConditions(b.Conditions); err != nil {
			return nil, problem.InvalidField("conditions", "%s", err)
		}
	}
	if b.Identity != "" {
		if err := event.CheckIdentity(b.Identity); err != nil {
			return nil, err
		}
	}
	if len(b.Types)+len(b.Cameras)+len(b.Sources)+len(b.Since)+len(b.Until)+len(b.Identity) == 0 && h.Filter.Conditions.Empty() {
		return nil, &problem.Error{Code: problem.Invalid,
			Detail: `The hold has no filter. Give at least one filter, or "event_types": ["*"] to keep all events.`}
	}
	return h, nil
}

// HoldsPost creates a legal hold.
func (h *Handlers) HoldsPost(c *fiber.Ctx) error {
	var body holdRequest
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	hold, err := body.hold(c.Context().Time())
	if err != nil {
		return err
	}
	answersWith(c, fiber.StatusOK, func(made *legalhold.Hold) any { return publicHold(made) })
	if err := h.store.Holds.Create(c.UserContext(), hold); err != nil {
		return err
	}
	audit.SetTarget(c, hold.ID)
	return respond.JSON(c, publicHold(hold))
}

// HoldsGet lists the holds, oldest first.
func (h *Handlers) HoldsGet(c *fiber.Ctx) error {
	holds, err := h.store.Holds.All(c.UserContext())
	if err != nil {
		return err
	}
	out := make([]Hold, len(holds))
	for i, hold := range holds {
		out[i] = publicHold(hold)
	}
	return respond.JSON(c, out)
}

// HoldGet answers one hold.
func (h *Handlers) HoldGet(c *fiber.Ctx) error {
	hold, err := h.store.Holds.Get(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	return respond.JSON(c, publicHold(hold))
}

// HoldDelete releases a hold.
func (h *Handlers) HoldDelete(c *fiber.Ctx) error {
	if err := h.store.Holds.Release(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return respond.JSON(c, map[string]string{"released": c.Params("id")})
}

// HoldEvents answers a page of the events under a hold, oldest first, one a
// line.
func (h *Handlers) HoldEvents(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "cursor"); err != nil {
		return err
	}
	values := request.Query(c)
	limit, err := request.PageLimit(values)
	if err != nil {
		return err
	}
	var after int64
	if cursor := values.Get("cursor"); cursor != "" {
		var ok bool
		if after, ok = event.ParseCursor(cursor, true); !ok {
			return event.ErrCursor
		}
	}
	hold, err := h.store.Holds.Get(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	events, next, err := h.store.Holds.Events(c.UserContext(), hold, after, limit)
	if err != nil {
		return err
	}
	if err := h.audit.Read(c, access.EventExport, hold.ID, nil); err != nil {
		return err
	}
	if next > 0 {
		respond.LinkNext(c, event.FormatCursor(next, true))
	}
	var lines []byte
	for _, e := range events {
		lines = append(append(lines, e.JSON()...), '\n')
	}
	c.Set(fiber.HeaderContentType, "application/x-ndjson")
	return c.Send(lines)
}
