package webhooks

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	endpointview "postern/views/endpoint"
	"postern/views/timeline"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// pageAttempts is the number of attempts on a page.
const pageAttempts = 50

// Page shows a webhook and its attempts.
func (h *Handlers) Page(c *fiber.Ctx) error {
	filter, shown, canonical, err := readAttemptFilter(c)
	if err != nil {
		return err
	}
	if canonical != "" {
		return c.Redirect(canonical, fiber.StatusSeeOther)
	}
	props, err := h.props(c, filter, shown)
	if err != nil {
		return err
	}
	done := h.TakeFlash(c)
	props.Flash = done.Flash
	if props.TestResult, _ = done.Detail.(*endpointview.TestResult); props.TestResult != nil {
		props.TestType = props.TestResult.Attempt.EventType
	}
	status := fiber.StatusOK
	if len(props.Filter.Errors) > 0 {
		status = fiber.StatusUnprocessableEntity
	}
	return respond.Page(c, status, webhookpages.Page(props))
}

// props returns the content of a webhook's page, with the attempts that
// match a filter.
func (h *Handlers) props(c *fiber.Ctx, filter delivery.AttemptFilter, shown webhookpages.AttemptFilter) (webhookpages.Props, error) {
	var none webhookpages.Props
	ctx := c.UserContext()
	endpoint, err := h.endpoint(c.Params("id"))
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
		Frame:    h.frameOf(c, endpoint),
		Now:      h.Now(),
		Endpoint: endpoint,
		Attempts: page.Attempts,
		Older:    page.Next,
		Paged:    c.Query("cursor") != "",
		Filter:   shown,
		Changes:  changes,
	}
	props.Endpoint.Become(changes)
	if props.Heatmap, err = h.heatmap(c, endpoint.ID); err != nil {
		return none, err
	}
	for _, one := range replays {
		props.Replays = append(props.Replays, webhookpages.Replay{Replay: *one})
	}
	return props, nil
}

// heatmap returns a webhook's attempts of seven days, of the band in the address.
func (h *Handlers) heatmap(c *fiber.Ctx, id string) (timeline.Heatmap, error) {
	now := h.Now()
	hours, since, err := h.webhooks.BandHours(c.UserContext(), id, timeline.HeatmapStart(now, request.Zone(c)), now)
	band, _ := delivery.ParseBand(c.Query("heat"))
	return timeline.Heatmap{Webhook: id, Now: now, Hours: hours, Since: since, Band: band}, err
}

// Test sends a test event. The next page shows the result once; it isn't
// stored.
func (h *Handlers) Test(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
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
	return h.operated(c, page.Flash{Detail: &endpointview.TestResult{
		TestResult: result, Secure: strings.HasPrefix(endpoint.URL, "https:"),
	}})
}

// frameOf returns the frame of a webhook's page. Its title is the webhook's name; the
// URL of one without a name is in the browser's tab only, since it may be long.
func (h *Handlers) frameOf(c *fiber.Ctx, e endpointview.Endpoint) ui.Frame {
	if e.Settings.Name == "" {
		return h.FrameOf(c, "Webhook", e.TabName(), ui.SectionWebhooks)
	}
	return h.Frame(c, e.TabName(), ui.SectionWebhooks)
}
