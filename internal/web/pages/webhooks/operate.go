package webhooks

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/internal/webhook/worker"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// operated ends a form of a webhook: the webhook's page shows the result.
func (h *Handlers) operated(c *fiber.Ctx, message page.Flash) error {
	return h.Redirect(c, string(ui.WebhookURL(c.Params("id"))), message)
}

// Pause stops sending to a webhook.
func (h *Handlers) Pause(c *fiber.Ctx) error {
	if err := h.webhooks.Pause(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return h.operated(c, page.Said("Paused. Nothing is lost: new events are queued until you resume."))
}

// Resume resumes a webhook, with its backlog or without.
func (h *Handlers) Resume(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	how, message := webhook.SendWaiting, "Resumed. Queued events are sent first, then new ones."
	if form.Get("how") == "now" {
		how, message = webhook.FromNow, "Resumed. The backlog was skipped: its events count as skipped, and only a replay can send them."
	}
	if err := h.webhooks.Resume(c.UserContext(), c.Params("id"), how); err != nil {
		return err
	}
	return h.operated(c, page.Said(message))
}

// Resend resends one event, or all exhausted deliveries.
func (h *Handlers) Resend(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	id := c.Params("id")
	if form.Get("which") == "exhausted" {
		n, err := h.webhooks.ResendExhausted(c.UserContext(), id)
		if err != nil {
			return err
		}
		message := "All exhausted events are being resent."
		switch {
		case n == 0:
			message = "No event is exhausted any more, so nothing was resent."
		case h.webhooks.Status(id).State.Suspended():
			message = "All exhausted events are resent as soon as the webhook is resumed."
		}
		return h.operated(c, page.Said(message))
	}
	if err := h.webhooks.Resend(c.UserContext(), id, form.Get("event_id")); err != nil {
		return err
	}
	if h.webhooks.Status(id).State.Suspended() {
		return h.operated(c, page.Said("The event is resent as soon as the webhook is resumed."))
	}
	return h.operated(c, page.Said("The event is being resent."))
}

// SetAside exhausts the delivery of the event that blocks an ordered
// webhook.
func (h *Handlers) SetAside(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	err = h.webhooks.SetAside(c.UserContext(), c.Params("id"), form.Get("event_id"))
	if errors.Is(err, worker.ErrNotWaiting) {
		return h.operated(c, page.Said("The event is no longer waiting for a retry, so nothing was set aside."))
	}
	if err != nil {
		return err
	}
	return h.operated(c, page.Said("The event was set aside. It is counted as exhausted and can be resent; later events are sent now."))
}

// Rotate replaces the secret. The next page shows the new one once. A form
// that was loaded before another rotation needs a second confirmation.
func (h *Handlers) Rotate(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	typed, overlap, wrong := strings.TrimSpace(form.Get("overlap_hours")), webhook.DefaultOverlap, ""
	if typed != "" {
		hours, err := strconv.Atoi(typed)
		if most := int(webhook.MaxOverlap.Hours()); err != nil || hours < 0 || hours > most {
			wrong = "The overlap must be a whole number of hours from 0 to " + strconv.Itoa(most) + "."
		}
		overlap = time.Duration(hours) * time.Hour
	}
	status := fiber.StatusUnprocessableEntity
	var e *delivery.Endpoint
	var secret string
	if wrong == "" {
		rotation := webhook.Rotation{Overlap: overlap}
		if seen, err := strconv.Atoi(form.Get("signing")); err == nil {
			rotation.Seen = &seen
		}
		e, secret, err = h.webhooks.Rotate(c.UserContext(), c.Params("id"), rotation)
		if errors.Is(err, problem.Conflict) {
			wrong, status = problem.Of(err).Detail, fiber.StatusConflict
		} else if err != nil {
			return err
		}
	}
	if wrong != "" {
		filter, shown, _, err := readAttemptFilter(c)
		if err != nil {
			return err
		}
		props, err := h.props(c, filter, shown)
		if err != nil {
			return err
		}
		props.Overlap, props.OverlapError = typed, wrong
		return respond.Page(c, status, webhookpages.Page(props))
	}
	text := "The new secret signs from now on."
	if len(e.SignedWith(time.Now())) > 1 && overlap > 0 {
		text = "The new secret signs from now on. The previous one signs too until " +
			ui.FullTime(e.SignedWith(time.Now())[1].Until, request.Zone(c)) + "."
	}
	return h.operated(c, page.Flash{Flash: ui.Flash{Text: text, Once: secretOnce(secret)}})
}

// secretOnce shows a webhook's new secret, if there is one.
func secretOnce(secret string) []ui.Once {
	if secret == "" {
		return nil
	}
	return []ui.Once{{ID: "new-secret", Says: "This is the secret that signs its deliveries. Copy it now: it is not shown again.",
		Value: secret}}
}

// EndOverlap lets only the newest secret sign, or ends one of the older.
func (h *Handlers) EndOverlap(c *fiber.Ctx) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	id := form.Get("secret_id")
	if _, err := h.webhooks.EndOverlap(c.UserContext(), c.Params("id"), id); err != nil {
		return err
	}
	if id != "" {
		return h.operated(c, page.Said("The older secret no longer signs."))
	}
	return h.operated(c, page.Said("Only the newest secret signs."))
}
