package api

import (
	"fmt"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"
	"postern/internal/account"
	"postern/internal/problem"
	"slices"

	"postern/internal/event"
	"postern/internal/trace"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/upload"
)

// EventsPost accepts one event, an array, or one event a line, and answers once
// they are on disk.
func (h *Handlers) EventsPost(c *fiber.Ctx) error {
	body, err := request.Body(c)
	if err != nil {
		return err
	}
	if boundary := upload.Boundary(c); boundary != "" {
		return h.eventWithImage(c, body, boundary)
	}
	p := request.Principal(c)
	events, err := event.DecodeForwarded(body, h.now(), p.Site)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	trace.RequestOf(ctx).Brings(len(events))
	if err := refuseCameras(body, events, p.Cameras); err != nil {
		return err
	}
	duplicates, err := h.hub.PublishFrom(ctx, p.Producer, events)
	if err != nil {
		return locateEvents(err, body)
	}
	return accepted(c, events, duplicates)
}

// accepted answers a request whose events are on disk.
func accepted(c *fiber.Ctx, events []*event.Event, duplicates int) error {
	answer := make([]byte, 0, 64+48*len(events))
	answer = append(answer, `{"accepted":`...)
	answer = appendInt(answer, len(events)-duplicates)
	answer = append(answer, `,"duplicates":`...)
	answer = appendInt(answer, duplicates)
	answer = append(answer, `,"ids":[`...)
	for i, e := range events {
		if i > 0 {
			answer = append(answer, ',')
		}
		answer = append(append(append(answer, '"'), e.SentID()...), '"')
	}
	answer = append(answer, "]}"...)
	return respond.SendJSON(c.Status(fiber.StatusAccepted), answer)
}

// EventsRecent answers a page of a search as an array.
func (h *Handlers) EventsRecent(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "event_type", "camera_id", "source", "since", "until", "q", "order",
		"cursor", "type"); err != nil {
		return err
	}
	if err := request.RenameParameter(c, "type", "event_type"); err != nil {
		return err
	}
	q, err := request.ParseEventQuery(c)
	if err != nil {
		return err
	}
	page, err := h.scoped.Search(c, q.Query)
	if err != nil {
		return err
	}
	if page.Next != 0 {
		respond.LinkNext(c, event.FormatCursor(page.Next, q.Ascending))
	}
	respond.SetDamaged(c, page)
	return respond.Events(c, h.answers, page.Events)
}

// EventGet answers one event.
func (h *Handlers) EventGet(c *fiber.Ctx) error {
	e, err := h.scoped.Event(c, request.PathID(c))
	if err != nil {
		return err
	}
	return respond.SendJSON(c, e.JSON())
}

// typeJSON is a type's entry in the catalogue.
type typeJSON struct {
	Type        string         `json:"type"`
	Description string         `json:"description"`
	Meaning     event.Meaning  `json:"meaning"`
	Example     jsontext.Value `json:"example"`
}

// EventTypes answers the event types, each with an example of data.
func (h *Handlers) EventTypes(c *fiber.Ctx) error {
	var types []typeJSON
	for _, in := range event.Catalogue() {
		types = append(types, typeJSON{in.Name, in.Description, in.Meaning, jsontext.Value(in.Example)})
	}
	return respond.JSON(c, types)
}

// maxEventErrors is the maximum number of events that an error names.
const maxEventErrors = 100

// refuseCameras refuses a batch with events of cameras outside its sender's
// camera scope, and names these events. It returns nil if there are none.
func refuseCameras(body []byte, events []*event.Event, cameras account.CameraScope) error {
	var wrong []problem.Field
	for i, e := range events {
		if !cameras.Allow(e.Camera) && len(wrong) < maxEventErrors {
			index := i // a copy whose address is taken, for refused events only
			wrong = append(wrong, problem.Field{Index: &index, Field: "camera_id",
				Message: fmt.Sprintf("This key may not send events of the camera %s.", request.QuoteClipped(e.Camera))})
		}
	}
	if wrong == nil {
		return nil
	}
	event.Locate(body, wrong)
	return &problem.Error{
		Code: problem.Forbidden,
		Detail: fmt.Sprintf("Event [%d] has the camera_id %s, but this key may send only events of its own cameras. "+
			"Nothing of the request was accepted.",
			*wrong[0].Index, request.QuoteClipped(events[*wrong[0].Index].Camera)),
		Fields: wrong,
	}
}

// locateEvents adds the lines of the named events to an error of a publish.
func locateEvents(err error, body []byte) error {
	known := problem.Of(err)
	if known == nil || len(known.Fields) == 0 {
		return err
	}
	located := *known
	located.Fields = slices.Clone(known.Fields)
	event.Locate(body, located.Fields)
	located.Cause = err
	return &located
}
