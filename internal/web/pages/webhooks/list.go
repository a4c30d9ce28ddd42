package webhooks

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	endpointview "postern/views/endpoint"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// pageRows is the number of webhooks on a page of the list.
const pageRows = 100

// ListPage lists the webhooks, by default those first that need a person.
func (h *Handlers) ListPage(c *fiber.Ctx) error {
	values := request.Query(c)
	q, err := listQuery(values)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(cmp.Or(values.Get("page"), "0"))
	if err != nil || number < 0 || number > webhook.MaxEndpoints/pageRows {
		return problem.InvalidField("page", "The list has no such page.")
	}
	props := webhookpages.ListProps{
		Frame: h.Frame(c, "Webhooks", ui.SectionWebhooks), Now: h.Now(), Flash: h.TakeFlash(c).Flash, BaseURL: h.Proxies.BaseURL(c),
		Query: q, Page: number, States: make(map[delivery.State]int),
	}
	props.Total, props.Labels = h.labels()
	inAnyState := q
	inAnyState.States = nil
	var matching []webhook.Listed
	for _, one := range h.webhooks.List(inAnyState) {
		props.States[one.State]++
		if len(q.States) == 0 || slices.Contains(q.States, one.State) {
			matching = append(matching, one)
		}
	}
	props.Matching = len(matching)
	first := min(number*pageRows, len(matching))
	last := min(first+pageRows, len(matching))
	props.More = last < len(matching)
	for _, one := range matching[first:last] {
		props.Endpoints = append(props.Endpoints, viewOf(one.Endpoint, one.Status))
	}
	return respond.Page(c, fiber.StatusOK, webhookpages.ListPage(props))
}

// listQuery parses the parameters of the list. Without an order, the webhooks that
// need a person come first.
func listQuery(values url.Values) (delivery.EndpointQuery, error) {
	q, err := request.WebhookQuery(values)
	if err == nil && q.Sort == "" {
		q.Sort, q.Descending = delivery.SortState, true
	}
	return q, err
}

// labels returns the number of webhooks, and of those with each label.
func (h *Handlers) labels() (total int, labels []webhookpages.LabelCount) {
	all, counts := h.webhooks.Endpoints(), make(map[string]int)
	for _, e := range all {
		for _, label := range e.Settings.Labels {
			counts[label]++
		}
	}
	for label, n := range counts {
		labels = append(labels, webhookpages.LabelCount{Label: label, Count: n})
	}
	slices.SortFunc(labels, func(a, b webhookpages.LabelCount) int { return cmp.Compare(a.Label, b.Label) })
	return len(all), labels
}

// Views returns all webhooks as pages show them, those first that need a person.
func Views(from *webhook.Service) []endpointview.Endpoint {
	listed := from.List(delivery.EndpointQuery{Sort: delivery.SortState, Descending: true})
	shown := make([]endpointview.Endpoint, len(listed))
	for i, one := range listed {
		shown[i] = viewOf(one.Endpoint, one.Status)
	}
	return shown
}

// RemovePage asks for a confirmation before a webhook is removed.
func (h *Handlers) RemovePage(c *fiber.Ctx) error {
	endpoint, err := h.endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, webhookpages.RemovePage(webhookpages.RemoveProps{
		Frame:    h.FrameOf(c, "Remove this webhook?", endpoint.TabName(), ui.SectionWebhooks),
		Endpoint: endpoint,
	}))
}

// Remove removes a webhook. Removing a webhook that is already removed
// isn't an error: the button may have been pressed twice.
func (h *Handlers) Remove(c *fiber.Ctx) error {
	id, text := c.Params("id"), "The webhook has already been removed."
	if e, err := h.webhooks.Endpoint(id); err == nil {
		text = "Removed the webhook " + e.URL + ". Nothing more is sent to it."
	}
	if err := h.webhooks.Remove(c.UserContext(), id); err != nil && !errors.Is(err, webhook.ErrNotFound) {
		return err
	}
	return h.Redirect(c, ui.Path("/webhooks"), page.Said(text))
}
