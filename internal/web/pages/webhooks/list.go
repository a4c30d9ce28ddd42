package webhooks

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/web/audit"
	"postern/internal/web/page"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// ListPage lists the webhooks, with the form that registers more.
func (h *Handlers) ListPage(c *fiber.Ctx) error {
	return h.renderList(c, fiber.StatusOK, webhookpages.Form{}, h.TakeFlash(c).Flash)
}

func (h *Handlers) renderList(c *fiber.Ctx, status int, form webhookpages.Form, notice ui.Flash) error {
	form.AllowHTTP = h.webhooks.Egress().Policy().AllowHTTP
	return respond.Page(c, status, webhookpages.ListPage(webhookpages.ListProps{
		Frame:     h.Frame(c, "Webhooks", ui.SectionWebhooks),
		Now:       h.Now(),
		Endpoints: Views(h.webhooks),
		Form:      form,
		Flash:     notice,
		BaseURL:   h.Proxies.BaseURL(c),
	}))
}

// Register handles the form. A refusal shows the form again with its
// values and errors. The next page shows a generated secret once.
func (h *Handlers) Register(c *fiber.Ctx) error {
	r, form, err := readForm(c)
	if err != nil {
		return err
	}
	if form.SecretFrom == webhookpages.SecretOwn && form.Secret == "" {
		form.Errors = map[string]string{"secret": "Enter your secret, or let Postern generate one."}
		return h.renderList(c, fiber.StatusUnprocessableEntity, form, ui.Flash{})
	}
	if h.asksAboutURL(&form) {
		return h.renderList(c, fiber.StatusConflict, form, ui.Flash{})
	}
	endpoint, secret, err := h.webhooks.Register(c.UserContext(), r)
	if invalid := page.Invalid(err); invalid != nil {
		form.Errors = formErrors(invalid)
		return h.renderList(c, fiber.StatusUnprocessableEntity, form, ui.Flash{})
	}
	if err != nil {
		return err
	}
	audit.SetTarget(c, endpoint.ID)
	text := "Registered " + endpoint.URL + ". It gets every matching event from now on."
	if signing := endpoint.SignedWith(time.Now()); len(signing) > 0 && signing[0].Key == delivery.KeyRaw {
		text += " Its secret is used as raw text: the webhook's page shows how to use it with the Standard Webhooks libraries."
	}
	return h.Redirect(c, ui.Path("/webhooks"), page.Flash{Flash: ui.Flash{Text: text, Once: secretOnce(secret)}})
}

// RemovePage asks for a confirmation before a webhook is removed.
func (h *Handlers) RemovePage(c *fiber.Ctx) error {
	endpoint, err := h.endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, webhookpages.RemovePage(webhookpages.RemoveProps{
		Frame:    h.FrameOf(c, "Remove this webhook?", ui.ShortURL(endpoint.URL), ui.SectionWebhooks),
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
