package pages

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/eventlist"
	"postern/views/ui"
)

// maxBadgeEvents is the maximum number of events in a request for badges.
const maxBadgeEvents = 100

// withRowStates lets the rows of a page's events show who acknowledged an alert, and
// their deliveries.
func (h *Handlers) withRowStates(c *fiber.Ctx, events []*event.Event) error {
	acknowledged, err := h.store.Alerts.Acknowledgements(c.UserContext(), events)
	if err != nil {
		return err
	}
	c.SetUserContext(eventlist.WithAcknowledgements(c.UserContext(), acknowledged))
	return h.withDeliveries(c, events)
}

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

// sentTo is the webhook that an event was resent to, for the event's page.
type sentTo string

// EventResend resends an event to one webhook.
func (h *Handlers) EventResend(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	to := form.Get("webhook")
	if err := h.webhooks.Resend(c.UserContext(), to, request.PathID(c)); err != nil {
		return err
	}
	text := "The event is being resent."
	if e, err := h.webhooks.Endpoint(to); err == nil && h.webhooks.Status(to).State.Suspended() {
		text = "The event is resent to " + e.URL + " as soon as that webhook is resumed."
	} else if err == nil {
		text = "The event is being resent to " + e.URL + "."
	}
	return h.Redirect(c, string(ui.EventURL(request.PathID(c))), page.Flash{Flash: ui.Flash{Text: text}, Detail: sentTo(to)})
}
