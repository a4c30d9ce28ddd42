package api

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
)

// Attempt is one attempt as the API shows it.
type Attempt struct {
	ID         string  `json:"id,omitempty"`
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

// WebhookAttempts answers a page of a webhook's attempts, newest first, as an
// array; also of a removed webhook, for as long as retention keeps them.
func (h *Handlers) WebhookAttempts(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "cursor", "outcome", "class", "replay", "since", "until"); err != nil {
		return err
	}
	q, err := parseAttemptQuery(c)
	if err != nil {
		return err
	}
	page, err := h.webhooks.Attempts(c.UserContext(), c.Params("id"), q)
	if err != nil {
		return err
	}
	if page.Next != "" {
		respond.LinkNext(c, page.Next)
	}
	out := []Attempt{}
	for _, a := range page.Attempts {
		out = append(out, attemptAnswer(a))
	}
	return respond.JSON(c, out)
}

func attemptAnswer(a delivery.Attempt) Attempt {
	out := Attempt{
		ID: a.ID(), EventID: a.EventID, EventType: a.EventType.String(), Seq: a.Seq, At: event.FormatTime(a.At),
		DurationMS: milliseconds(a.Duration), Try: a.Number, Outcome: "delivered", Replay: a.Replay,
		Status: a.Status, Class: a.Class.String(), Detail: a.Detail, Response: a.Response,
	}
	if !a.OK() {
		out.Outcome = "failed"
	}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// parseAttemptQuery reads limit, cursor and the filter of a list of attempts.
func parseAttemptQuery(c *fiber.Ctx) (webhook.AttemptQuery, error) {
	values := request.Query(c)
	q := webhook.AttemptQuery{Limit: event.DefaultPageEvents, Cursor: values.Get("cursor")}
	var err error
	if s := values.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > event.MaxPageEvents {
			return q, problem.InvalidField("limit", "The limit must be a whole number from 1 to %d.", event.MaxPageEvents)
		}
	}
	q.AttemptFilter, err = request.AttemptFilter(values, c.Context().Time())
	return q, err
}

// WebhookAttempt answers one attempt.
func (h *Handlers) WebhookAttempt(c *fiber.Ctx) error {
	a, err := h.webhooks.Attempt(c.UserContext(), c.Params("id"), c.Params("attempt"))
	if err != nil {
		return err
	}
	return respond.JSON(c, attemptAnswer(a))
}
