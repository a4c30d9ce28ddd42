package pages

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/internal/webhook/worker"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// operated ends a form of a webhook: the webhook's page shows the result.
func (h *Handlers) operated(c *fiber.Ctx, message flash) error {
	return h.redirect(c, string(ui.WebhookURL(c.Params("id"))), message)
}

// suspended reports whether a webhook is stopped until a person resumes it.
func (h *Handlers) suspended(id string) bool {
	state := h.webhooks.Status(id).State
	return state == delivery.Paused || state == delivery.Disabled
}

// readForm decodes a page's form.
func readForm(c *fiber.Ctx) (url.Values, error) {
	body, err := request.Body(c)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(body) > 0 && !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm) {
		return nil, &problem.Error{Code: problem.Unsupported,
			Detail: "The form could not be read. Send it from its page, or use the API under " + request.APIPrefix + "/events/webhooks."}
	}
	return form, nil
}

// WebhookPause stops sending to a webhook.
func (h *Handlers) WebhookPause(c *fiber.Ctx) error {
	if err := h.webhooks.Pause(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return h.operated(c, said("Paused. Nothing is lost: new events are queued until you resume."))
}

// WebhookResume resumes a webhook, with its backlog or without.
func (h *Handlers) WebhookResume(c *fiber.Ctx) error {
	form, err := readForm(c)
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
	return h.operated(c, said(message))
}

// WebhookResend resends one event, or all exhausted deliveries.
func (h *Handlers) WebhookResend(c *fiber.Ctx) error {
	form, err := readForm(c)
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
		case h.suspended(id):
			message = "All exhausted events are resent as soon as the webhook is resumed."
		}
		return h.operated(c, said(message))
	}
	if err := h.webhooks.Resend(c.UserContext(), id, form.Get("event_id")); err != nil {
		return err
	}
	if h.suspended(id) {
		return h.operated(c, said("The event is resent as soon as the webhook is resumed."))
	}
	return h.operated(c, said("The event is being resent."))
}

// WebhookSetAside exhausts the delivery of the event that blocks an ordered
// webhook.
func (h *Handlers) WebhookSetAside(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = h.webhooks.SetAside(c.UserContext(), c.Params("id"), form.Get("event_id"))
	if errors.Is(err, worker.ErrNotWaiting) {
		return h.operated(c, said("The event is no longer waiting for a retry, so nothing was set aside."))
	}
	if err != nil {
		return err
	}
	return h.operated(c, said("The event was set aside. It is counted as exhausted and can be resent; later events are sent now."))
}

// WebhookRotate replaces the secret. The next page shows the new one once. A form
// that was loaded before another rotation needs a second confirmation.
func (h *Handlers) WebhookRotate(c *fiber.Ctx) error {
	form, err := readForm(c)
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
		props, err := h.webhookProps(c, filter, shown)
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
	return h.operated(c, flash{Flash: ui.Flash{Text: text, Once: secretOnce(secret)}})
}

// secretOnce shows a webhook's new secret, if there is one.
func secretOnce(secret string) []ui.Once {
	if secret == "" {
		return nil
	}
	return []ui.Once{{ID: "new-secret", Says: "This is the secret that signs its deliveries. Copy it now: it is not shown again.",
		Value: secret}}
}

// WebhookEndOverlap lets only the newest secret sign, or ends one of the older.
func (h *Handlers) WebhookEndOverlap(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	id := form.Get("secret_id")
	if _, err := h.webhooks.EndOverlap(c.UserContext(), c.Params("id"), id); err != nil {
		return err
	}
	if id != "" {
		return h.operated(c, said("The older secret no longer signs."))
	}
	return h.operated(c, said("Only the newest secret signs."))
}

// EventResend resends an event to one webhook.
func (h *Handlers) EventResend(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	to := form.Get("webhook")
	if err := h.webhooks.Resend(c.UserContext(), to, request.PathID(c)); err != nil {
		return err
	}
	text := "The event is being resent."
	if e, err := h.webhooks.Endpoint(to); err == nil && h.suspended(to) {
		text = "The event is resent to " + e.URL + " as soon as that webhook is resumed."
	} else if err == nil {
		text = "The event is being resent to " + e.URL + "."
	}
	return h.redirect(c, string(ui.EventURL(request.PathID(c))), flash{Flash: ui.Flash{Text: text}, SentTo: to})
}

// invalidError returns the problem of an invalid request; nil for other errors.
func invalidError(err error) *problem.Error {
	if invalid := problem.Of(err); invalid != nil && invalid.Code == problem.Invalid {
		return invalid
	}
	return nil
}
