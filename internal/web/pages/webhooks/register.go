package webhooks

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/web/audit"
	"postern/internal/web/page"
	"postern/internal/web/respond"
	"postern/views/ui"
	"postern/views/webhookform"
)

// NewPage shows the form that registers a webhook.
func (h *Handlers) NewPage(c *fiber.Ctx) error {
	return h.renderNew(c, fiber.StatusOK, webhookform.Form{})
}

func (h *Handlers) renderNew(c *fiber.Ctx, status int, form webhookform.Form) error {
	form.AllowHTTP = h.webhooks.Egress().Policy().AllowHTTP
	return respond.Page(c, status, webhookform.NewPage(webhookform.NewProps{
		Frame: h.Frame(c, "Register a webhook", ui.SectionWebhooks), Form: form,
	}))
}

// Register handles the form. A refusal shows the form again with its values and
// errors. The webhook's page then shows a generated secret once.
func (h *Handlers) Register(c *fiber.Ctx) error {
	r, form, err := readForm(c)
	if err != nil {
		return err
	}
	if form.SecretFrom == webhookform.SecretOwn && form.Secret == "" {
		form.Errors = map[string]string{"secret": "Enter your secret, or let Postern generate one."}
		return h.renderNew(c, fiber.StatusUnprocessableEntity, form)
	}
	if h.asksAboutURL(&form) {
		return h.renderNew(c, fiber.StatusConflict, form)
	}
	endpoint, secret, err := h.webhooks.Register(c.UserContext(), r)
	if invalid := page.Invalid(err); invalid != nil {
		form.Errors = formErrors(invalid)
		return h.renderNew(c, fiber.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	audit.SetTarget(c, endpoint.ID)
	text := "Registered " + endpoint.URL + ". It gets every matching event from now on. Send a test event to see whether it arrives."
	if signing := endpoint.SignedWith(time.Now()); len(signing) > 0 && signing[0].Key == delivery.KeyRaw {
		text += " Its secret is used as raw text: the webhook's page shows how to use it with the Standard Webhooks libraries."
	}
	return h.Redirect(c, string(ui.WebhookURL(endpoint.ID)), page.Flash{Flash: ui.Flash{Text: text, Once: secretOnce(secret)}})
}
