package webhooks

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// AttemptPage shows one attempt with its request and its result.
func (h *Handlers) AttemptPage(c *fiber.Ctx) error {
	endpoint, err := h.endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	x, err := h.webhooks.AttemptDetail(c.UserContext(), endpoint.ID, c.Params("attempt"))
	if err != nil {
		return err
	}
	props := webhookpages.AttemptProps{
		Frame: h.FrameOf(c, "Attempt", "at "+ui.ShortURL(endpoint.URL)+", "+x.Attempt.At.In(request.Zone(c)).Format("15:04:05"),
			ui.SectionWebhooks), Now: h.Now(), Endpoint: endpoint, Attempt: x.Attempt,
		Method: x.Method, URL: x.URL, Moved: x.Moved, Event: x.Event, Body: string(x.Body),
		Signed: x.Signed, Committed: x.Committed(), Delivery: x.Delivery,
	}
	for _, header := range x.Headers {
		props.Headers = append(props.Headers, webhookpages.SentHeader(header))
	}
	return respond.Page(c, fiber.StatusOK, webhookpages.AttemptPage(props))
}

// readAttemptFilter reads the filter of the attempts on a webhook's page. Its
// form sends empty fields, and times without a zone. canonical is the address to
// redirect to, without empty fields and with absolute times; empty if no redirect
// is needed.
func readAttemptFilter(c *fiber.Ctx) (f delivery.AttemptFilter, shown webhookpages.AttemptFilter, canonical string, err error) {
	values := request.Query(c)
	if f, err = request.AttemptFilter(values, c.Context().Time()); err != nil {
		return f, shown, "", err
	}
	asked := false
	wrong := make(map[string]string)
	for _, field := range []struct{ from, to string }{{"from", "since"}, {"to", "until"}} {
		asked = asked || values.Has(field.from)
		t, given, err := page.TakeFieldTime(c, values, field.from)
		if given == "" {
			continue
		}
		if err != nil {
			wrong[field.from] = "Enter a date and a time, for example 2026-03-19 10:30."
			if field.from == "from" {
				shown.From = given
			} else {
				shown.To = given
			}
			continue
		}
		if field.to == "since" {
			f.Since = t
		} else {
			f.Until = t
		}
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Until.After(f.Since) {
		wrong["to"] = "The end must be after the start."
	}
	shown.AttemptFilter, shown.Errors = f, wrong
	if asked && len(wrong) == 0 {
		canonical = string(ui.WebhookURL(c.Params("id")))
		if query := shown.Query(); len(query) > 0 {
			canonical += "?" + query.Encode()
		}
		canonical += "#attempts"
	}
	return f, shown, canonical, nil
}
