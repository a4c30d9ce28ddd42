package web

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/trace"
)

// requestBody returns the body as it was sent. Fiber would decompress it
// without a bound, so that a compressed one is refused instead.
func requestBody(c *fiber.Ctx) ([]byte, error) {
	if encoding := string(headerContentEncoding.of(c)); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &problem.Error{Code: problem.Unsupported, Detail: "The body is encoded as " + quoteClipped(encoding) + ". Send it without Content-Encoding."}
	}
	return c.Request().Body(), nil
}

// eventsPost takes one event, an array, or NDJSON, and answers once they are
// on disk.
func (s *Server) eventsPost(c *fiber.Ctx) error {
	body, err := requestBody(c)
	if err != nil {
		return err
	}
	p := who(c)
	events, err := event.DecodeForwarded(body, s.now(), p.Site)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	trace.RequestOf(ctx).Brings(len(events))
	if err := refuseCameras(body, events, p.Cameras); err != nil {
		return err
	}
	duplicates, err := s.hub.PublishFrom(ctx, p.Producer, events)
	if err != nil {
		return locateEvents(err, body)
	}
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
	return sendJSON(c.Status(fiber.StatusAccepted), answer)
}

// eventsRecent answers a page of history as a bare array.
func (s *Server) eventsRecent(c *fiber.Ctx) error {
	if err := knownParameters(c, "limit", "event_type", "camera_id", "source", "since", "until", "q", "order", "cursor", "type"); err != nil {
		return err
	}
	if err := renameParameter(c, "type", "event_type"); err != nil {
		return err
	}
	q, err := parseFilter(c)
	if err != nil {
		return err
	}
	page, err := s.search(c, q)
	if err != nil {
		return err
	}
	if page.Next != 0 {
		linkNext(c, event.FormatCursor(page.Next, q.Ascending))
	}
	nameDamaged(c, page)
	return s.sendEvents(c, page.Events)
}

// eventGet answers one event.
func (s *Server) eventGet(c *fiber.Ctx) error {
	e, err := s.event(c, pathID(c))
	if err != nil {
		return err
	}
	return sendJSON(c, e.JSON())
}

// typeJSON is a type's entry in the catalogue.
type typeJSON struct {
	Type        string         `json:"type"`
	Description string         `json:"description"`
	Meaning     event.Meaning  `json:"meaning"`
	Example     jsontext.Value `json:"example"`
}

// eventTypes answers the catalogue of types with an example of data for each.
func (s *Server) eventTypes(c *fiber.Ctx) error {
	var types []typeJSON
	for _, in := range event.Catalogue() {
		types = append(types, typeJSON{in.Name, in.Description, in.Meaning, jsontext.Value(in.Example)})
	}
	return answerJSON(c, types)
}

// answerJSON marshals and sends v.
func answerJSON(c *fiber.Ctx, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return sendJSON(c, body)
}

// sendJSON sends a body that is JSON already.
func sendJSON(c *fiber.Ctx, body []byte) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	// The body may be an event that others read; Fiber only copies from it.
	return c.Send(body)
}
