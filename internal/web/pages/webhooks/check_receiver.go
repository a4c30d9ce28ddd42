package webhooks

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/web/page"
	endpointview "postern/views/endpoint"
	"postern/views/webhookform"
)

// CheckReceiver shows the form again with the result of a test event to its URL. htmx
// takes only the result, and ignores an error status, so it always gets 200.
func (h *Handlers) CheckReceiver(c *fiber.Ctx) error {
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
	result, err := h.webhooks.TestURL(c.UserContext(), r.URL, r.Secret)
	switch invalid := page.Invalid(err); {
	case invalid != nil:
		form.Errors = formErrors(invalid)
		form.Check = &webhookform.ReceiverCheck{Problem: "Nothing was sent. " + form.Errors["url"] + form.Errors["secret"]}
		if c.Get("HX-Request") == "" {
			status = fiber.StatusUnprocessableEntity
		}
	case err != nil:
		return err
	default:
		form.Check = &webhookform.ReceiverCheck{
			Result: endpointview.TestResult{TestResult: result, Secure: strings.HasPrefix(r.URL, "https:")}, Signed: r.Secret != "",
		}
	}
	if form.ID != "" {
		return h.renderEdit(c, status, form)
	}
	return h.renderNew(c, status, form)
}
