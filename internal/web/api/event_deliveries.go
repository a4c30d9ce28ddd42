package api

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

// Delivery is the delivery of an event to a webhook.
type Delivery struct {
	WebhookID    string                 `json:"webhook_id"`
	URL          string                 `json:"url"`
	WebhookState delivery.State         `json:"webhook_state,omitempty"` // left out for a removed webhook
	State        delivery.DeliveryState `json:"state"`
	DeliveredAt  string                 `json:"delivered_at,omitempty"`
	NextTry      string                 `json:"next_try,omitempty"`
	Reason       *Reason                `json:"reason,omitempty"` // only in the states skipped, held_back and not_sent
	Tries        int                    `json:"tries"`
	Attempts     []Attempt              `json:"attempts"`
}

// Reason is why an event isn't sent to a webhook.
type Reason struct {
	Rule   delivery.Rule `json:"rule"`
	Detail string        `json:"detail"`
	At     string        `json:"at,omitempty"`
	// Field to Value are of the rule condition; Value is left out where the event
	// doesn't have the field.
	Field    string         `json:"field,omitempty"`
	Operator string         `json:"operator,omitempty"`
	Expected jsontext.Value `json:"expected,omitempty"`
	Value    jsontext.Value `json:"value,omitempty"`
	// Settings are those by which the rule was decided.
	Settings *DecidingSettings `json:"settings,omitempty"`
}

// DecidingSettings are the settings that selected a webhook's events for a while.
type DecidingSettings struct {
	Since      string            `json:"since"`
	Until      string            `json:"until,omitempty"` // left out for the present settings
	AfterSeq   int64             `json:"after_seq"`
	EventTypes []string          `json:"event_types"`
	Settings   delivery.Settings `json:"settings"`
}

// reasonView returns a reason as the principal may see it; nil for none.
func reasonView(c *fiber.Ctx, r delivery.Reason) *Reason {
	if r.Rule == delivery.NoRule {
		return nil
	}
	if !request.May(c, access.ReadEvents) {
		r = r.WithoutEvent()
	}
	out := &Reason{
		Rule: r.Rule, Detail: r.Sentence(), At: formatOptional(r.At),
		Field: r.Test.Field, Operator: r.Test.Operator, Expected: r.Test.Want, Value: r.Test.Value,
	}
	if v := r.Version; v != nil {
		out.Settings = &DecidingSettings{
			Since: event.FormatTime(v.At), Until: formatOptional(v.Until), AfterSeq: v.After,
			EventTypes: v.Types.Names(), Settings: v.Settings,
		}
	}
	return out
}

// EventDeliveries answers an event's delivery to every webhook, with the attempts, or
// why it isn't sent.
func (h *Handlers) EventDeliveries(c *fiber.Ctx) error {
	e, err := h.scoped.Event(c, request.PathID(c))
	if err != nil {
		return err
	}
	deliveries, err := h.webhooks.EventDeliveries(c.UserContext(), e)
	if err != nil {
		return err
	}
	out := []Delivery{}
	for _, d := range deliveries {
		one := Delivery{
			WebhookID: d.WebhookID, URL: d.URL, WebhookState: d.Webhook, State: d.State, Tries: d.AttemptCount,
			DeliveredAt: formatOptional(d.DeliveredAt), NextTry: formatOptional(d.NextAttempt), Attempts: []Attempt{},
			Reason: reasonView(c, d.Reason),
		}
		for _, a := range d.Attempts {
			one.Attempts = append(one.Attempts, attemptAnswer(a))
		}
		out = append(out, one)
	}
	return respond.JSON(c, out)
}
