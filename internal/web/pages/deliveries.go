package pages

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook/stats"
	endpointview "postern/views/endpoint"
	"postern/views/eventlist"
	webhookpages "postern/views/webhooks"
)

// maxBadgeEvents is the maximum number of events in a request for badges.
const maxBadgeEvents = 100

// withDeliveries lets the rows of a page's events show their deliveries.
func (h *Handlers) withDeliveries(c *fiber.Ctx, events []*event.Event) error {
	if !request.May(c, access.ReadWebhooks) {
		return nil
	}
	deliveries, err := h.webhooks.Deliveries(c.UserContext(), events)
	if err != nil {
		return err
	}
	of := make(map[string][]delivery.Delivery, len(events))
	for i, e := range events {
		of[e.ID] = deliveries[i]
	}
	c.SetUserContext(eventlist.WithDeliveries(c.UserContext(), of))
	return nil
}

// EventBadges answers with the current delivery badges of a page's events.
func (h *Handlers) EventBadges(c *fiber.Ctx) error {
	ids := request.Dedupe(request.Query(c)["id"])
	if len(ids) == 0 || len(ids) > maxBadgeEvents {
		return problem.InvalidField("id", "The parameter must be given 1 to %d times.", maxBadgeEvents)
	}
	var events []*event.Event
	var kept []string
	for _, id := range ids {
		e, err := h.scoped.Event(c, id)
		if errors.Is(err, event.ErrNotFound) {
			continue // retention has removed it meanwhile
		}
		if err != nil {
			return err
		}
		events, kept = append(events, e), append(kept, e.ID)
	}
	if err := h.withDeliveries(c, events); err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, eventlist.AllDeliveryBadges(kept))
}

// dayView returns a webhook's last 24 hours as pages show them.
func dayView(hours []stats.Hour) endpointview.Day {
	d := endpointview.Day{P95: stats.P95(hours...), LastP95: stats.P95(hours[max(0, len(hours)-2):]...)}
	for i := range hours {
		d.Hours = append(d.Hours, endpointview.Hour{Start: hours[i].Start, Delivered: hours[i].Delivered, Failed: hours[i].Failed})
	}
	return d
}

// WebhookCheckURL checks a URL before its registration, by name resolution and
// the egress policy. It sends nothing to the URL.
func (h *Handlers) WebhookCheckURL(c *fiber.Ctx) error {
	raw := c.Query("url")
	if raw == "" {
		return respond.Page(c, fiber.StatusOK,
			webhookpages.URLCheckResult(webhookpages.URLCheck{AllowHTTP: h.webhooks.Egress().Policy().AllowHTTP}))
	}
	found := h.webhooks.Egress().Lookup(c.UserContext(), raw)
	shown := webhookpages.URLCheck{Wrong: found.Wrong, Problem: found.Problem, Host: found.Host, Plain: found.Plain, More: found.More}
	for _, addr := range found.Addresses {
		shown.Addresses = append(shown.Addresses, addr.String())
	}
	for _, addr := range found.Refused {
		shown.Refused = append(shown.Refused, addr.String())
	}
	return respond.Page(c, fiber.StatusOK, webhookpages.URLCheckResult(shown))
}
