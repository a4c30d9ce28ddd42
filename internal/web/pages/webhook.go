package pages

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/internal/webhook/worker"
	endpointview "postern/views/endpoint"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// pageAttempts is the number of attempts on a page.
const pageAttempts = 50

// WebhookPage shows a webhook and its attempts.
func (h *Handlers) WebhookPage(c *fiber.Ctx) error {
	filter, shown, canonical, err := readAttemptFilter(c)
	if err != nil {
		return err
	}
	if canonical != "" {
		return c.Redirect(canonical, fiber.StatusSeeOther)
	}
	props, err := h.webhookProps(c, filter, shown)
	if err != nil {
		return err
	}
	done := h.takeFlash(c)
	props.Flash = done.Flash
	if props.TestResult = done.TestResult; props.TestResult != nil {
		props.TestType = props.TestResult.Attempt.EventType
	}
	status := fiber.StatusOK
	if len(props.Filter.Errors) > 0 {
		status = fiber.StatusUnprocessableEntity
	}
	return respond.Page(c, status, webhookpages.Page(props))
}

// webhookProps returns the content of a webhook's page, with the attempts that
// match a filter.
func (h *Handlers) webhookProps(c *fiber.Ctx, filter delivery.AttemptFilter, shown webhookpages.AttemptFilter) (webhookpages.Props, error) {
	var none webhookpages.Props
	ctx := c.UserContext()
	endpoint, err := h.endpointView(c.Params("id"))
	if err != nil {
		return none, err
	}
	changes, err := h.webhooks.StateChanges(ctx, endpoint.ID)
	if err != nil {
		return none, err
	}
	replays, err := h.webhooks.Replays(ctx, endpoint.ID)
	if err != nil {
		return none, err
	}
	page, err := h.webhooks.Attempts(ctx, endpoint.ID, webhook.AttemptQuery{
		Limit: pageAttempts, Cursor: c.Query("cursor"), AttemptFilter: filter,
	})
	if err != nil {
		return none, err
	}
	props := webhookpages.Props{
		Frame:    h.frameOf(c, "Webhook", ui.ShortURL(endpoint.URL), ui.SectionWebhooks),
		Now:      h.now(),
		Endpoint: endpoint,
		Attempts: page.Attempts,
		Older:    page.Next,
		Paged:    c.Query("cursor") != "",
		Filter:   shown,
		Changes:  changes,
	}
	props.Endpoint.Become(changes)
	for _, one := range replays {
		props.Replays = append(props.Replays, webhookpages.Replay{Replay: *one})
	}
	return props, nil
}

// endpointViews returns all webhooks as pages show them.
func (h *Handlers) endpointViews() []endpointview.Endpoint {
	endpoints := h.webhooks.Endpoints()
	shown := make([]endpointview.Endpoint, len(endpoints))
	for i, e := range endpoints {
		shown[i] = endpointView(e, h.webhooks.Status(e.ID))
	}
	return shown
}

func (h *Handlers) endpointView(id string) (endpointview.Endpoint, error) {
	e, err := h.webhooks.Endpoint(id)
	if err != nil {
		return endpointview.Endpoint{}, err
	}
	return endpointView(e, h.webhooks.Status(id)), nil
}

func endpointView(e *delivery.Endpoint, status worker.Status) endpointview.Endpoint {
	return endpointview.Endpoint{
		ID:         e.ID,
		URL:        e.URL,
		Types:      e.Types,
		Secrets:    e.SignedWith(time.Now()),
		Settings:   e.Settings,
		CreatedAt:  e.CreatedAt,
		State:      status.State,
		StateAt:    status.StateAt,
		StateCause: status.StateCause,
		NextProbe:  status.NextProbe,
		Waiting:    status.Behind,
		Estimated:  status.Estimated,
		Blocking:   status.Blocking,
		InFlight:   status.InFlight,
		Retrying:   status.Retrying,
		Exhausted:  status.Exhausted,
		Delivered:  status.Delivered,
		Failed:     status.Failed,
		Expired:    status.Expired, ExpiredRetries: status.ExpiredRetries,
		Suppressed: status.Suppressed,
		Skipped:    status.Skipped,
		Last:       status.Last,
		LastError:  status.LastError,
		Day:        dayView(status.Hours),
	}
}

// WebhookTest sends a test event. The next page shows the result once; it isn't
// stored.
func (h *Handlers) WebhookTest(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	result, err := h.webhooks.Test(c.UserContext(), c.Params("id"), form.Get("event_type"))
	if err != nil {
		return err
	}
	endpoint, err := h.webhooks.Endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return h.operated(c, flash{TestResult: &webhookpages.TestResult{
		TestResult: result, Secure: strings.HasPrefix(endpoint.URL, "https:"),
	}})
}
