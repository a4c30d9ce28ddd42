package api

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
)

// WebhookPreview answers which of the newest events a filter matches.
func (h *Handlers) WebhookPreview(c *fiber.Ctx) error {
	var body struct {
		EventTypes []string         `json:"event_types"`
		Cameras    []string         `json:"camera_ids"`
		Sources    []string         `json:"sources"`
		Conditions jsontext.Value   `json:"conditions"`
		Payload    delivery.Payload `json:"payload"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	p, err := h.scoped.Preview(c, body.EventTypes, delivery.Settings{Cameras: body.Cameras, Sources: body.Sources,
		Conditions: body.Conditions, Payload: body.Payload})
	if err != nil {
		return err
	}
	answer := struct {
		Examined int              `json:"examined"`
		Matching int              `json:"matching"`
		Examples []jsontext.Value `json:"examples"`
	}{Examined: p.Examined, Matching: len(p.Matching), Examples: []jsontext.Value{}}
	for _, e := range p.Matching[:min(len(p.Matching), 10)] {
		answer.Examples = append(answer.Examples, p.Sent(e))
	}
	return respond.JSON(c, answer)
}

// WebhookPause pauses a webhook; its events are queued.
func (h *Handlers) WebhookPause(c *fiber.Ctx) error {
	if err := request.DecodeOptionalBody(c, &struct{}{}); err != nil {
		return err
	}
	if err := h.webhooks.Pause(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return h.WebhookGet(c)
}

// WebhookResume resumes a webhook, with its backlog or without.
func (h *Handlers) WebhookResume(c *fiber.Ctx) error {
	var body struct {
		From string `json:"from"`
	}
	if err := request.DecodeOptionalBody(c, &body); err != nil {
		return err
	}
	how, err := resumeFrom(body.From)
	if err != nil {
		return err
	}
	if err := h.webhooks.Resume(c.UserContext(), c.Params("id"), how); err != nil {
		return err
	}
	return h.WebhookGet(c)
}

// resumeFrom parses the field from of a resume.
func resumeFrom(from string) (webhook.Resume, error) {
	switch from {
	case "", "waiting":
		return webhook.SendWaiting, nil
	case "now":
		return webhook.FromNow, nil
	default:
		return 0, problem.InvalidField("from", `The value must be "waiting" (send the backlog) or "now" (skip the backlog).`)
	}
}

// StateChange is a change of state.
type StateChange struct {
	State string `json:"state"`
	At    string `json:"at"`
	Cause string `json:"cause"`
}

// WebhookStates lists the changes of state, newest first.
func (h *Handlers) WebhookStates(c *fiber.Ctx) error {
	changes, err := h.webhooks.StateChanges(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	out := []StateChange{}
	for _, change := range changes {
		out = append(out, StateChange{string(change.State), event.FormatTime(change.At), change.Cause})
	}
	return respond.JSON(c, out)
}

// TestResult is the result of a test event. Each time is that of one step, in
// milliseconds, and is left out if the step wasn't reached.
type TestResult struct {
	Attempt
	DNSMS       float64 `json:"dns_ms,omitzero"`
	ConnectMS   float64 `json:"connect_ms,omitzero"`
	HandshakeMS float64 `json:"tls_ms,omitzero"`
	FirstByteMS float64 `json:"first_byte_ms,omitzero"`
}

// WebhookTest sends a signed sample event and answers with the result.
func (h *Handlers) WebhookTest(c *fiber.Ctx) error {
	var body struct {
		EventType string `json:"event_type"`
	}
	if err := request.DecodeOptionalBody(c, &body); err != nil {
		return err
	}
	if body.EventType == "" {
		body.EventType = event.FaceMatched.String()
	}
	t, err := h.webhooks.Test(c.UserContext(), c.Params("id"), body.EventType)
	if err != nil {
		return err
	}
	return respond.JSON(c, testAnswer(t))
}

func testAnswer(t delivery.TestResult) TestResult {
	return TestResult{
		Attempt: attemptAnswer(t.Attempt),
		DNSMS:   milliseconds(t.DNS), ConnectMS: milliseconds(t.Connect), HandshakeMS: milliseconds(t.Handshake),
		FirstByteMS: milliseconds(t.FirstByte),
	}
}

// WebhookRotate replaces the secret. During the overlap, the previous one signs
// too.
func (h *Handlers) WebhookRotate(c *fiber.Ctx) error {
	body := struct {
		Secret       string   `json:"secret"`
		OverlapHours *float64 `json:"overlap_hours"`
	}{}
	if err := request.DecodeOptionalBody(c, &body); err != nil {
		return err
	}
	overlap := webhook.DefaultOverlap
	if body.OverlapHours != nil {
		if *body.OverlapHours < 0 || *body.OverlapHours > webhook.MaxOverlap.Hours() {
			return problem.InvalidField("overlap_hours", "The overlap must be 0 to 720 hours.")
		}
		overlap = time.Duration(*body.OverlapHours * float64(time.Hour))
	}
	before := h.webhooks.Status(c.Params("id"))
	answersWith(c, fiber.StatusOK, func(changed *delivery.Endpoint) any { return webhookView(changed, before) })
	e, made, err := h.webhooks.Rotate(c.UserContext(), c.Params("id"), webhook.Rotation{Secret: body.Secret, Overlap: overlap})
	if err != nil {
		return err
	}
	view := webhookView(e, before)
	view.Secret = made
	return respond.JSON(c, view)
}

// WebhookEndOverlap lets only the newest secret sign, or ends one of the older.
func (h *Handlers) WebhookEndOverlap(c *fiber.Ctx) error {
	var body struct {
		SecretID *string `json:"secret_id"`
	}
	if err := request.DecodeOptionalBody(c, &body); err != nil {
		return err
	}
	var id string
	if set(&id, body.SecretID) && id == "" {
		return problem.InvalidField("secret_id", "The secret_id is empty; leave it out to end all older secrets.")
	}
	before := h.webhooks.Status(c.Params("id"))
	answersWith(c, fiber.StatusOK, func(changed *delivery.Endpoint) any { return webhookView(changed, before) })
	e, err := h.webhooks.EndOverlap(c.UserContext(), c.Params("id"), id)
	if err != nil {
		return err
	}
	return respond.JSON(c, webhookView(e, before))
}

// WebhookSetAside exhausts the delivery of an event, so that an ordered webhook
// continues with the events behind it.
func (h *Handlers) WebhookSetAside(c *fiber.Ctx) error {
	var body struct {
		EventID string `json:"event_id"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	if body.EventID == "" {
		return &problem.Error{Code: problem.Invalid,
			Detail: `Name the event to set aside as "event_id"; the webhook's status.blocked_by is the one that an ordered webhook waits for.`}
	}
	if err := h.webhooks.SetAside(c.UserContext(), c.Params("id"), body.EventID); err != nil {
		return err
	}
	return h.WebhookGet(c)
}

// WebhookResend sends one event again, or all that are exhausted.
func (h *Handlers) WebhookResend(c *fiber.Ctx) error {
	var body struct {
		EventID   string `json:"event_id"`
		Exhausted bool   `json:"exhausted"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	answersWith(c, fiber.StatusAccepted, func(resent int) any {
		if !body.Exhausted {
			resent = 1 // also if it waits for its turn
		}
		return resendingJSON{resent}
	})
	n, err := 1, error(nil)
	switch {
	case body.EventID != "" && !body.Exhausted:
		err = h.webhooks.Resend(c.UserContext(), c.Params("id"), body.EventID)
	case body.Exhausted && body.EventID == "":
		n, err = h.webhooks.ResendExhausted(c.UserContext(), c.Params("id"))
	default:
		err = &problem.Error{Code: problem.Invalid,
			Detail: `Give either "event_id" to resend one event, or "exhausted": true to resend all exhausted deliveries.`}
	}
	if err != nil {
		return err
	}
	return respond.JSON(c.Status(fiber.StatusAccepted), resendingJSON{n})
}

// resendingJSON is the number of events that are resent.
type resendingJSON struct {
	Resending int `json:"resending"`
}
