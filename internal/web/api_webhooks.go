package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/webhook"
)

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// webhookJSON is a webhook as the API shows it: the reference's four fields,
// then ours.
type webhookJSON struct {
	ID         string   `json:"id"`
	URL        string   `json:"url"`
	EventTypes []string `json:"event_types"`
	CreatedAt  string   `json:"created_at"`
	UpdatedAt  string   `json:"updated_at"`
	Signed     bool     `json:"signed"`
	Secret     string   `json:"secret,omitempty"` // only in the answer that made it
	// OverlapUntil is when the secret before the newest stops signing.
	OverlapUntil string `json:"overlap_until,omitempty"`
	webhook.Settings
	Status statusJSON `json:"status"`
}

// statusJSON is how a webhook is doing.
type statusJSON struct {
	State        webhook.State `json:"state"`
	StateSince   string        `json:"state_since,omitempty"`
	StateCause   string        `json:"state_cause,omitempty"`
	FailingSince string        `json:"failing_since,omitempty"`
	NextProbe    string        `json:"next_probe,omitempty"`
	Behind       int64         `json:"behind"`
	InFlight     int           `json:"in_flight"`
	Retrying     int           `json:"retrying"`
	Exhausted    int           `json:"exhausted"`
	Delivered    int64         `json:"delivered"`
	Failed       int64         `json:"failed"`
	Expired      int64         `json:"expired"`
	Suppressed   int64         `json:"suppressed"`
	Skipped      int64         `json:"skipped"`
}

func (s *Server) webhookView(e *webhook.Endpoint) webhookJSON {
	status := s.webhooks.Status(e.ID)
	return webhookJSON{
		ID: e.ID, URL: e.URL, EventTypes: e.Types.Names(), Signed: e.HasSecret,
		CreatedAt: event.FormatTime(e.CreatedAt), UpdatedAt: event.FormatTime(e.UpdatedAt),
		OverlapUntil: formatOptional(e.OverlapUntil), Settings: e.Settings,
		Status: statusJSON{
			State: status.State, StateSince: formatOptional(status.StateAt), StateCause: status.StateCause,
			FailingSince: formatOptional(status.FailingSince), NextProbe: formatOptional(status.NextProbe), Behind: status.Behind, InFlight: status.InFlight, Retrying: status.Retrying,
			Exhausted: status.Exhausted, Delivered: status.Delivered, Failed: status.Failed, Expired: status.Expired,
			Suppressed: status.Suppressed, Skipped: status.Skipped,
		},
	}
}

// formatOptional is empty for a time that isn't there.
func formatOptional(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return event.FormatTime(t)
}

// webhookBody is what registering, changing and previewing read. A pointer
// tells what was left out from what was emptied.
type webhookBody struct {
	URL            *string         `json:"url"`
	EventTypes     *[]string       `json:"event_types"`
	Secret         *string         `json:"secret"`
	GenerateSecret *bool           `json:"generate_secret"`
	Cameras        *[]string       `json:"camera_ids"`
	Sources        *[]string       `json:"sources"`
	Conditions     *jsontext.Value `json:"conditions"`
	Ordered        *bool           `json:"ordered"`
	PerSecond      *float64        `json:"max_per_second"`
	InFlight       *int            `json:"max_in_flight"`
	TimeoutSeconds *int            `json:"timeout_seconds"`
	StormSeconds   *int            `json:"storm_window_seconds"`
}

// settings puts what is given over the settings that are there, and reports
// whether anything was.
func (b *webhookBody) settings(into *webhook.Settings) (given bool) {
	given = set(&into.Cameras, b.Cameras)
	given = set(&into.Sources, b.Sources) || given
	given = set(&into.Conditions, b.Conditions) || given
	given = set(&into.Ordered, b.Ordered) || given
	given = set(&into.PerSecond, b.PerSecond) || given
	given = set(&into.InFlight, b.InFlight) || given
	given = set(&into.TimeoutSeconds, b.TimeoutSeconds) || given
	return set(&into.StormSeconds, b.StormSeconds) || given
}

// set copies a value that was given.
func set[T any](to *T, value *T) bool {
	if value != nil {
		*to = *value
	}
	return value != nil
}

// webhooksPost registers a webhook. The answer is 200, as the reference's.
func (s *Server) webhooksPost(c *fiber.Ctx) error {
	var body webhookBody
	if err := decodeBody(c, &body); err != nil {
		return err
	}
	var r webhook.Registration
	set(&r.URL, body.URL)
	set(&r.EventTypes, body.EventTypes)
	set(&r.Secret, body.Secret)
	set(&r.GenerateSecret, body.GenerateSecret)
	body.settings(&r.Settings)
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
	change := webhook.Change{URL: body.URL, EventTypes: body.EventTypes, Secret: body.Secret}
	before, err := s.webhooks.Endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	settings := before.Settings
	if body.settings(&settings) {
		change.Settings = &settings
	}
	if change == (webhook.Change{}) {
		return &event.InvalidError{Detail: "Nothing is to be changed. Give at least one of " + strings.Join(fieldNames(&body), ", ") + "."}
	}
	e, err := s.webhooks.Change(c.UserContext(), c.Params("id"), change)
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
	Seq        int64   `json:"seq,omitzero"`
	At         string  `json:"attempted_at"`
	DurationMS float64 `json:"duration_ms"`
	Try        int     `json:"try"`
	Outcome    string  `json:"outcome"` // delivered or failed
	Status     int     `json:"status,omitzero"`
	Class      string  `json:"class,omitempty"`
	Detail     string  `json:"detail,omitempty"`
	Response   string  `json:"response,omitempty"`
	Replay     bool    `json:"replay,omitzero"`
}

// webhookAttempts answers a page of a webhook's attempts, newest first, as a
// bare array; also of a removed webhook, for as long as they are kept.
func (s *Server) webhookAttempts(c *fiber.Ctx) error {
	if err := knownParameters(c, "limit", "cursor", "outcome"); err != nil {
		return err
	}
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
		out = append(out, attemptAnswer(a))
	}
	return answerJSON(c, out)
}

func attemptAnswer(a webhook.Attempt) attemptJSON {
	out := attemptJSON{
		EventID: a.EventID, EventType: a.EventType.String(), Seq: a.Seq, At: event.FormatTime(a.At),
		DurationMS: milliseconds(a.Duration), Try: a.Try, Outcome: "delivered", Replay: a.Replay,
		Status: a.Status, Class: a.Class.String(), Detail: a.Detail, Response: a.Response,
	}
	if !a.OK {
		out.Outcome = "failed"
	}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

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
