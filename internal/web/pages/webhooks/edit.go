package webhooks

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/web/page"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/views/ui"
	"postern/views/webhookform"
)

// formOf returns a webhook's settings as the form that changes them.
func formOf(e *delivery.Endpoint) webhookform.Form {
	return webhookform.Form{
		ID: e.ID, URL: e.URL, All: e.Types&event.AllTypes != 0, Types: e.Types, Settings: formatSettings(e.Settings),
	}
}

// EditPage shows the form that changes a webhook.
func (h *Handlers) EditPage(c *fiber.Ctx) error {
	e, err := h.webhooks.Endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return h.renderEdit(c, fiber.StatusOK, formOf(e))
}

func (h *Handlers) renderEdit(c *fiber.Ctx, status int, form webhookform.Form) error {
	endpoint, err := h.endpoint(form.ID)
	if err != nil {
		return err
	}
	form.AllowHTTP = h.webhooks.Egress().Policy().AllowHTTP
	return respond.Page(c, status, webhookform.EditPage(webhookform.EditProps{
		Frame:    h.FrameOf(c, "Edit webhook", endpoint.TabName(), ui.SectionWebhooks),
		Now:      h.Now(),
		Endpoint: endpoint,
		Form:     form,
	}))
}

// Edit changes a webhook.
func (h *Handlers) Edit(c *fiber.Ctx) error {
	r, form, err := readForm(c)
	if err != nil {
		return err
	}
	form.ID = c.Params("id")
	before, err := h.webhooks.Endpoint(form.ID)
	if err != nil {
		return err
	}
	if form.URL != before.URL && h.asksAboutURL(&form) {
		return h.renderEdit(c, fiber.StatusConflict, form)
	}
	_, err = h.webhooks.Change(c.UserContext(), form.ID,
		webhook.Change{URL: &r.URL, EventTypes: &r.EventTypes, Settings: webhook.ReplaceSettings(r.Settings)})
	if invalid := page.Invalid(err); invalid != nil {
		form.Errors = formErrors(invalid)
		return h.renderEdit(c, fiber.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return h.operated(c, page.Said("Saved. The changes apply from the next event."))
}

// asksAboutURL reports whether a form needs a confirmation because another
// webhook already has its URL, and puts those webhooks into the form. The
// confirming button carries the URL that it was shown for.
func (h *Handlers) asksAboutURL(form *webhookform.Form) bool {
	if form.SameURL == form.URL {
		return false
	}
	for _, e := range h.webhooks.SameURL(form.URL, form.ID) {
		form.Same = append(form.Same, viewOf(e, h.webhooks.Status(e.ID)))
	}
	return len(form.Same) > 0
}
