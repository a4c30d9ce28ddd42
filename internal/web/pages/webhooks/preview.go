package webhooks

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"postern/internal/web/page"
	"postern/views/webhookform"
)

// previewRows is how many matching events a preview shows.
const previewRows = 5

// Preview shows the form again with a preview of the matching events. htmx
// takes only the preview, and ignores an error status, so it always gets 200.
func (h *Handlers) Preview(c *fiber.Ctx) error {
	r, form, err := readForm(c)
	if err != nil {
		return err
	}
	values, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	form.ID = values.Get("webhook")
	status := fiber.StatusOK
	found, err := h.scoped.Preview(c, r.EventTypes, r.Settings)
	invalid := page.Invalid(err)
	switch {
	case invalid != nil:
		form.Errors = formErrors(invalid)
		form.Preview = &webhookform.Preview{Problem: previewProblem(form.Errors)}
		if c.Get("HX-Request") == "" {
			status = fiber.StatusUnprocessableEntity
		}
	case err != nil:
		return err
	default:
		form.Preview = &webhookform.Preview{
			Now: h.Now(), Examined: found.Examined, Matching: len(found.Matching),
			Examples: found.Matching[:min(previewRows, len(found.Matching))],
		}
	}
	if form.ID != "" {
		return h.renderEdit(c, status, form)
	}
	return h.renderNew(c, status, form)
}

// previewProblem returns all errors that prevent a preview as one text.
func previewProblem(errors map[string]string) string {
	text := "The preview needs valid filters."
	for _, field := range slices.Concat([]string{"event_types"}, settingNames(), []string{""}) {
		if errors[field] != "" {
			text += " " + errors[field]
		}
	}
	return text
}
