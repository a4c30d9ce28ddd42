package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/audit"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
)

// several selects the webhooks of a change: by their ids, or by a filter like that of
// the list.
type several struct {
	IDs    *[]string      `json:"ids"`
	Filter *webhookFilter `json:"filter"`
}

// webhookFilter has the list's parameters.
type webhookFilter struct {
	Text   string   `json:"q"`
	States []string `json:"state"`
	Labels []string `json:"label"`
}

// selected returns the ids of the webhooks that a request selects. A filter selects
// them at the time of the request.
func (h *Handlers) selected(s several) ([]string, error) {
	switch {
	case (s.IDs == nil) == (s.Filter == nil):
		return nil, &problem.Error{Code: problem.Invalid,
			Detail: `Give either "ids" with the ids of webhooks, or a "filter"; an empty filter selects all webhooks.`}
	case s.IDs != nil:
		ids := request.Dedupe(*s.IDs)
		if len(ids) == 0 || len(ids) > webhook.MaxEndpoints {
			return nil, problem.InvalidField("ids", "Give 1 to %d ids.", webhook.MaxEndpoints)
		}
		return ids, nil
	}
	q, err := request.NewWebhookQuery(s.Filter.Text, s.Filter.States, s.Filter.Labels, "")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, one := range h.webhooks.List(q) {
		ids = append(ids, one.ID)
	}
	return ids, nil
}

// SeveralResults are the results of a change of several webhooks.
type SeveralResults struct {
	Succeeded int             `json:"succeeded"`
	Failed    int             `json:"failed"`
	Results   []SeveralResult `json:"results"`
}

// SeveralResult is the result for one of them: its state, or the problem.
type SeveralResult struct {
	WebhookID string           `json:"webhook_id"`
	Name      string           `json:"name,omitempty"`
	State     delivery.State   `json:"state,omitempty"`
	Test      *TestResult      `json:"test,omitempty"`
	Problem   *respond.Problem `json:"problem,omitempty"`
}

// answerSeveral answers for each webhook, and sets the targets of the audit.
func (h *Handlers) answerSeveral(c *fiber.Ctx, ids []string, errs []error, tests []delivery.TestResult) error {
	audit.SetTargets(c, ids, errs)
	out := SeveralResults{Results: make([]SeveralResult, len(ids))}
	for i, id := range ids {
		one := &out.Results[i]
		one.WebhookID = id
		if errs[i] != nil {
			p := respond.ProblemOf(errs[i])
			one.Problem = &p
			out.Failed++
			continue
		}
		out.Succeeded++
		if e, err := h.webhooks.Endpoint(id); err == nil {
			status := h.webhooks.Status(id)
			one.Name = e.Settings.Name
			one.State, _, _ = status.Shown()
		}
		if tests != nil {
			result := testAnswer(tests[i])
			one.Test = &result
		}
	}
	return respond.JSON(c, out)
}

// WebhooksPause pauses several webhooks.
func (h *Handlers) WebhooksPause(c *fiber.Ctx) error {
	var body several
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	ids, err := h.selected(body)
	if err != nil {
		return err
	}
	return h.answerSeveral(c, ids, h.webhooks.PauseEach(c.UserContext(), ids), nil)
}

// WebhooksResume resumes several webhooks, with their backlogs or without.
func (h *Handlers) WebhooksResume(c *fiber.Ctx) error {
	var body struct {
		several
		From string `json:"from"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	how, err := resumeFrom(body.From)
	if err != nil {
		return err
	}
	ids, err := h.selected(body.several)
	if err != nil {
		return err
	}
	return h.answerSeveral(c, ids, h.webhooks.ResumeEach(c.UserContext(), ids, how), nil)
}

// WebhooksTest sends a test event to each of several webhooks.
func (h *Handlers) WebhooksTest(c *fiber.Ctx) error {
	var body struct {
		several
		EventType string `json:"event_type"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	if body.EventType == "" {
		body.EventType = event.FaceMatched.String()
	}
	if _, err := event.ParseType(body.EventType); err != nil {
		return problem.InvalidField("event_type", "%s", err)
	}
	ids, err := h.selected(body.several)
	if err != nil {
		return err
	}
	if len(ids) > webhook.MaxTests {
		return problem.InvalidField("ids", "At most %d webhooks are tested together; these are %d.", webhook.MaxTests, len(ids))
	}
	results, errs := h.webhooks.TestEach(c.UserContext(), ids, body.EventType)
	return h.answerSeveral(c, ids, errs, results)
}
