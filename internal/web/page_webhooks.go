package web

import (
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/webhook"
	"postern/views"
)

// webhooksPage lists the webhooks, with the form that registers more.
func (s *Server) webhooksPage(c *fiber.Ctx) error {
	var notice views.Notice
	switch {
	case c.Query("added") != "":
		// Only what is really there is said to have been registered.
		if e, err := s.webhooks.Endpoint(c.Query("added")); err == nil {
			notice.Text = "Registered " + e.URL + ". It gets every matching event from now on."
		}
	case c.Query("removed") != "":
		if _, err := s.webhooks.Endpoint(c.Query("removed")); errors.Is(err, webhook.ErrNotFound) {
			notice.Text = "Removed the webhook. Nothing more is sent to it."
		}
	}
	// A secret unless somebody says otherwise.
	return s.renderWebhooks(c, fiber.StatusOK, views.WebhookForm{Generate: true}, notice)
}

func (s *Server) renderWebhooks(c *fiber.Ctx, status int, form views.WebhookForm, notice views.Notice) error {
	return render(c, status, views.WebhooksPage(views.WebhooksProps{
		Frame:     s.frame(c, "Webhooks", views.SectionWebhooks),
		Now:       s.now(),
		Endpoints: s.endpointViews(),
		Form:      form,
		Notice:    notice,
		BaseURL:   c.BaseURL(),
	}))
}

// webhookRegister takes the form. A refusal shows the form again with what
// was sent and what is wrong with it; a secret that was made here stands on
// the answer and nowhere else.
func (s *Server) webhookRegister(c *fiber.Ctx) error {
	r, form, err := readWebhookForm(c)
	if err != nil {
		return err
	}
	endpoint, secret, err := s.webhooks.Register(c.UserContext(), r)
	if err == nil {
		c.Locals(toldLocal, endpoint.ID)
	}
	var invalid *event.InvalidError
	switch {
	case errors.As(err, &invalid):
		form.Errors = formErrors(invalid)
		return s.renderWebhooks(c, fiber.StatusUnprocessableEntity, form, views.Notice{})
	case err != nil:
		return err
	case secret != "":
		notice := views.Notice{Text: "Registered " + endpoint.URL + ". It gets every matching event from now on.", Secret: secret}
		return s.renderWebhooks(c, fiber.StatusCreated, views.WebhookForm{Generate: true}, notice)
	}
	return c.Redirect("/webhooks?added="+url.QueryEscape(endpoint.ID), fiber.StatusSeeOther)
}

// webhookRemoveConfirm asks before a webhook is removed.
func (s *Server) webhookRemoveConfirm(c *fiber.Ctx) error {
	endpoint, err := s.endpointView(c.Params("id"))
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, views.WebhookRemovePage(views.WebhookRemoveProps{
		Frame:    s.frame(c, "Remove this webhook?", views.SectionWebhooks),
		Endpoint: endpoint,
	}))
}

// webhookRemove removes a webhook. Removing one that is gone already is what
// was asked for: a second press of the button isn't an error.
func (s *Server) webhookRemove(c *fiber.Ctx) error {
	id := c.Params("id")
	if err := s.webhooks.Remove(c.UserContext(), id); err != nil && !errors.Is(err, webhook.ErrNotFound) {
		return err
	}
	return c.Redirect("/webhooks?removed="+url.QueryEscape(id), fiber.StatusSeeOther)
}
