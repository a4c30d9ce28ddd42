package web

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/webhook"
)

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// webhookJSON is a webhook as the API shows it: the reference's four fields,
// then ours.
type webhookJSON struct {
	ID         string     `json:"id"`
	URL        string     `json:"url"`
	EventTypes []string   `json:"event_types"`
	CreatedAt  string     `json:"created_at"`
	UpdatedAt  string     `json:"updated_at"`
	Signed     bool       `json:"signed"`
	Secret     string     `json:"secret,omitempty"` // only in the answer that made it
	Status     statusJSON `json:"status"`
}

// statusJSON is how a webhook is doing.
type statusJSON struct {
	State        webhook.State `json:"state"`
	FailingSince string        `json:"failing_since,omitempty"`
	NextProbe    string        `json:"next_probe,omitempty"`
	Behind       int64         `json:"behind"`
	InFlight     int           `json:"in_flight"`
	Retrying     int           `json:"retrying"`
	Exhausted    int           `json:"exhausted"`
	Delivered    int64         `json:"delivered"`
	Failed       int64         `json:"failed"`
	Expired      int64         `json:"expired"`
}

func (s *Server) webhookView(e *webhook.Endpoint) webhookJSON {
	status := s.webhooks.Status(e.ID)
	out := webhookJSON{
		ID: e.ID, URL: e.URL, EventTypes: e.Types.Names(), Signed: e.HasSecret,
		CreatedAt: event.FormatTime(e.CreatedAt), UpdatedAt: event.FormatTime(e.UpdatedAt),
		Status: statusJSON{
			State: status.State, Behind: status.Behind, InFlight: status.InFlight, Retrying: status.Retrying,
			Exhausted: status.Exhausted, Delivered: status.Delivered, Failed: status.Failed, Expired: status.Expired,
		},
	}
	if !status.FailingSince.IsZero() {
		out.Status.FailingSince = event.FormatTime(status.FailingSince)
		out.Status.NextProbe = event.FormatTime(status.NextProbe)
	}
	return out
}

// webhookBody is what registering and changing read. A pointer tells what was
// left out from what was emptied.
type webhookBody struct {
	URL            *string   `json:"url"`
	EventTypes     *[]string `json:"event_types"`
	Secret         *string   `json:"secret"`
	GenerateSecret *bool     `json:"generate_secret"`
}

// webhooksPost registers a webhook. The answer is 200, as the reference's.
func (s *Server) webhooksPost(c *fiber.Ctx) error {
	var body webhookBody
	if err := decodeBody(c, &body); err != nil {
		return err
	}
	r := webhook.Registration{}
	if body.URL != nil {
		r.URL = *body.URL
	}
	if body.EventTypes != nil {
		r.EventTypes = *body.EventTypes
	}
	if body.Secret != nil {
		r.Secret = *body.Secret
	}
	if body.GenerateSecret != nil {
		r.GenerateSecret = *body.GenerateSecret
	}
	e, secret, err := s.webhooks.Register(c.UserContext(), r)
	if err != nil {
		return err
	}
	answer := s.webhookView(e)
	answer.Secret = secret
	return answerJSON(c, answer)
}

// webhooksGet lists the webhooks, oldest first.
func (s *Server) webhooksGet(c *fiber.Ctx) error {
	all := []webhookJSON{}
	for _, e := range s.webhooks.Endpoints() {
		all = append(all, s.webhookView(e))
	}
	return answerJSON(c, all)
}

// webhookGet answers one webhook.
func (s *Server) webhookGet(c *fiber.Ctx) error {
	e, err := s.webhooks.Endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return answerJSON(c, s.webhookView(e))
}

// webhookPatch changes the fields that are given.
func (s *Server) webhookPatch(c *fiber.Ctx) error {
	var body webhookBody
	if err := decodeBody(c, &body); err != nil {
		return err
	}
	if body.GenerateSecret != nil {
		return invalid("generate_secret", "is for registering only; give the new secret as secret")
	}
	if body.URL == nil && body.EventTypes == nil && body.Secret == nil {
		return &event.InvalidError{Detail: "Nothing is to be changed. Give url, event_types or secret."}
	}
	e, err := s.webhooks.Change(c.UserContext(), c.Params("id"), webhook.Change{URL: body.URL, EventTypes: body.EventTypes, Secret: body.Secret})
	if err != nil {
		return err
	}
	return answerJSON(c, s.webhookView(e))
}

// webhookDelete removes a webhook.
func (s *Server) webhookDelete(c *fiber.Ctx) error {
	id := c.Params("id")
	if err := s.webhooks.Remove(c.UserContext(), id); err != nil {
		return err
	}
	return answerJSON(c, map[string]string{"removed": id})
}

// attemptJSON is one attempt as the API shows it.
type attemptJSON struct {
	EventID    string  `json:"event_id,omitempty"`
	EventType  string  `json:"event_type,omitempty"`
	Seq        int64   `json:"seq"`
	At         string  `json:"attempted_at"`
	DurationMS float64 `json:"duration_ms"`
	Try        int     `json:"try"`
	Outcome    string  `json:"outcome"` // delivered or failed
	Status     int     `json:"status,omitzero"`
	Class      string  `json:"class,omitempty"`
	Detail     string  `json:"detail,omitempty"`
	Response   string  `json:"response,omitempty"`
}

// webhookAttempts answers a page of a webhook's attempts, newest first, as a
// bare array; also of a removed webhook, for as long as they are kept.
func (s *Server) webhookAttempts(c *fiber.Ctx) error {
	q, err := parseAttemptQuery(c)
	if err != nil {
		return err
	}
	page, err := s.webhooks.Attempts(c.UserContext(), c.Params("id"), q)
	if err != nil {
		return err
	}
	if page.Next != "" {
		linkNext(c, page.Next)
	}
	out := []attemptJSON{}
	for _, a := range page.Attempts {
		one := attemptJSON{
			EventID: a.EventID, EventType: a.EventType.String(), Seq: a.Seq, At: event.FormatTime(a.At),
			DurationMS: float64(a.Duration.Microseconds()) / 1000, Try: a.Try, Outcome: "delivered",
			Status: a.Status, Class: a.Class.String(), Detail: a.Detail, Response: a.Response,
		}
		if !a.OK {
			one.Outcome = "failed"
		}
		out = append(out, one)
	}
	return answerJSON(c, out)
}

// parseAttemptQuery reads limit, cursor and outcome.
func parseAttemptQuery(c *fiber.Ctx) (webhook.AttemptQuery, error) {
	values := queryValues(c)
	q := webhook.AttemptQuery{Limit: event.DefaultPageEvents, Cursor: values.Get("cursor")}
	if s := values.Get("limit"); s != "" {
		var err error
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > event.MaxPageEvents {
			return q, invalid("limit", fmt.Sprintf("must be a whole number from 1 to %d", event.MaxPageEvents))
		}
	}
	switch outcome := values.Get("outcome"); outcome {
	case "", "all":
	case "failed":
		q.Failed = true
	default:
		return q, invalid("outcome", `must be "failed", or left out for all attempts`)
	}
	return q, nil
}

// decodeBody reads a JSON object strictly. Its errors are
// *event.InvalidError.
func decodeBody(c *fiber.Ctx, into any) error {
	body, err := requestBody(c)
	if err != nil {
		return err
	}
	err = json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return nil
	case len(strings.TrimSpace(string(body))) == 0:
		return &event.InvalidError{Detail: "The body is empty. Send a JSON object."}
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return event.SyntaxError(err)
	case errors.As(err, &semantic) && errors.Is(semantic.Err, json.ErrUnknownName):
		return invalid(pointerField(semantic.JSONPointer), "is not a field of this request; the fields are url, event_types, secret and generate_secret")
	case errors.As(err, &semantic) && semantic.JSONPointer != "":
		return invalid(pointerField(semantic.JSONPointer), "has the wrong type; url and secret are strings, event_types is an array of strings, generate_secret is true or false")
	default:
		return &event.InvalidError{Detail: "The body is not a JSON object. Send url, event_types and, if wanted, secret."}
	}
}

// pointerField turns a JSON pointer into a field's name: /event_types/0 into
// event_types[0].
func pointerField(p jsontext.Pointer) string {
	var name string
	for token := range p.Tokens() {
		switch _, err := strconv.Atoi(token); {
		case name == "":
			name = token
		case err == nil:
			name += "[" + token + "]"
		default:
			name += "." + token
		}
	}
	return name
}
