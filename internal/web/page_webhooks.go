package web

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/web/audit"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// webhooksPage lists the webhooks, with the form that registers more.
func (s *Server) webhooksPage(c *fiber.Ctx) error {
	return s.renderWebhooks(c, fiber.StatusOK, webhookpages.Form{}, s.takeFlash(c).Flash)
}

func (s *Server) renderWebhooks(c *fiber.Ctx, status int, form webhookpages.Form, notice ui.Flash) error {
	form.AllowHTTP = s.webhooks.Egress().Policy().AllowHTTP
	return respond.Page(c, status, webhookpages.ListPage(webhookpages.ListProps{
		Frame:     s.frame(c, "Webhooks", ui.SectionWebhooks),
		Now:       s.now(),
		Endpoints: s.endpointViews(),
		Form:      form,
		Flash:     notice,
		BaseURL:   s.proxies.BaseURL(c),
	}))
}

// webhookRegister handles the form. A refusal shows the form again with its
// values and errors. The next page shows a generated secret once.
func (s *Server) webhookRegister(c *fiber.Ctx) error {
	r, form, err := readWebhookForm(c)
	if err != nil {
		return err
	}
	if form.SecretFrom == webhookpages.SecretOwn && form.Secret == "" {
		form.Errors = map[string]string{"secret": "Enter your secret, or let Postern generate one."}
		return s.renderWebhooks(c, fiber.StatusUnprocessableEntity, form, ui.Flash{})
	}
	if s.asksAboutURL(&form) {
		return s.renderWebhooks(c, fiber.StatusConflict, form, ui.Flash{})
	}
	endpoint, secret, err := s.webhooks.Register(c.UserContext(), r)
	if invalid := invalidError(err); invalid != nil {
		form.Errors = formErrors(invalid)
		return s.renderWebhooks(c, fiber.StatusUnprocessableEntity, form, ui.Flash{})
	}
	if err != nil {
		return err
	}
	audit.SetTarget(c, endpoint.ID)
	text := "Registered " + endpoint.URL + ". It gets every matching event from now on."
	if signing := endpoint.SignedWith(time.Now()); len(signing) > 0 && signing[0].Key == delivery.KeyRaw {
		text += " Its secret is used as raw text: the webhook's page shows how to use it with the Standard Webhooks libraries."
	}
	return s.redirect(c, "/webhooks", flash{Flash: ui.Flash{Text: text, Once: secretOnce(secret)}})
}

// webhookRemoveConfirm asks for a confirmation before a webhook is removed.
func (s *Server) webhookRemoveConfirm(c *fiber.Ctx) error {
	endpoint, err := s.endpointView(c.Params("id"))
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, webhookpages.RemovePage(webhookpages.RemoveProps{
		Frame:    s.frameOf(c, "Remove this webhook?", ui.ShortURL(endpoint.URL), ui.SectionWebhooks),
		Endpoint: endpoint,
	}))
}

// webhookRemove removes a webhook. Removing a webhook that is already removed
// isn't an error: the button may have been pressed twice.
func (s *Server) webhookRemove(c *fiber.Ctx) error {
	id, text := c.Params("id"), "The webhook has already been removed."
	if e, err := s.webhooks.Endpoint(id); err == nil {
		text = "Removed the webhook " + e.URL + ". Nothing more is sent to it."
	}
	if err := s.webhooks.Remove(c.UserContext(), id); err != nil && !errors.Is(err, webhook.ErrNotFound) {
		return err
	}
	return s.redirect(c, "/webhooks", said(text))
}
