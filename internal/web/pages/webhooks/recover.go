package webhooks

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/web/audit"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// maxShownRecoveries is how many recoveries the page lists.
const maxShownRecoveries = 5

// nightBegins is the hour since which events are recovered if the form isn't filled in.
const nightBegins = 2

// RecoverPage shows the form of a recovery and, once that is filled in, the number of
// undelivered events. It starts nothing.
func (h *Handlers) RecoverPage(c *fiber.Ctx) error {
	values := request.Query(c)
	if values.Get("count") == "" {
		form := webhookpages.RecoverForm{Causes: delivery.AllCauses, From: ui.TimeInput(lastNight(h.Now(), request.Zone(c)), request.Zone(c))}
		if err := h.selectRecovered(values, &form, nil); err != nil {
			return err
		}
		return h.renderRecover(c, fiber.StatusOK, form, nil)
	}
	r, form, err := h.readRecover(c, values)
	if err != nil {
		return err
	}
	if len(form.Errors) > 0 {
		return h.renderRecover(c, fiber.StatusUnprocessableEntity, form, nil)
	}
	counts, err := h.webhooks.CountUndelivered(c.UserContext(), r)
	if err != nil {
		return err
	}
	return h.renderRecover(c, fiber.StatusOK, form, counts)
}

// lastNight is the newest time at which the night's hour began.
func lastNight(now time.Time, in *time.Location) time.Time {
	now = now.In(in)
	begins := time.Date(now.Year(), now.Month(), now.Day(), nightBegins, 0, 0, 0, in)
	if begins.After(now) {
		begins = begins.AddDate(0, 0, -1)
	}
	return begins
}

// readRecover reads the form; its Errors say what is wrong.
func (h *Handlers) readRecover(c *fiber.Ctx, values url.Values) (r webhook.RecoverRequest, form webhookpages.RecoverForm, err error) {
	form = webhookpages.RecoverForm{From: values.Get("from"), To: values.Get("to"), Counted: true, Errors: make(map[string]string)}
	if err := h.selectRecovered(values, &form, &r.Webhooks); err != nil {
		return r, form, err
	}
	now, in := h.Now().UTC().Truncate(time.Second), request.Zone(c)
	if r.Since, err = request.FieldTime(form.From, "", now, in); err != nil || r.Since.IsZero() {
		form.Errors["from"] = "Enter a date and a time, for example 2026-03-19 02:00."
	} else if r.Since.After(now) {
		form.Errors["from"] = "This time is in the future. Choose a time in the past."
	}
	if form.To != "" {
		if r.Until, err = request.FieldTime(form.To, "", now, in); err != nil {
			form.Errors["to"] = "Enter a date and a time, or leave it empty for now."
		} else if !r.Until.After(r.Since) {
			form.Errors["to"] = "The end must be later than the beginning."
		}
	}
	var ok bool
	if r.Causes, ok = delivery.ParseCauses(values["cause"]); !ok {
		form.Errors["cause"] = "Select at least one."
	}
	form.Causes = r.Causes
	return r, form, nil
}

// selectRecovered reads the selected webhooks: those of the list's form, or all. ids, if
// not nil, gets their ids.
func (h *Handlers) selectRecovered(values url.Values, form *webhookpages.RecoverForm, ids *[]string) error {
	form.Webhooks = request.Dedupe(values["webhook"])
	if values.Get("all") != "" {
		filter, err := url.ParseQuery(values.Get("query"))
		if err != nil {
			return err
		}
		q, err := listQuery(filter)
		if err != nil {
			return err
		}
		form.Webhooks = nil
		for _, one := range h.webhooks.List(q) {
			form.Webhooks = append(form.Webhooks, one.ID)
		}
	}
	selected := form.Webhooks
	switch {
	case len(selected) == 0:
		for _, e := range h.webhooks.Endpoints() {
			selected = append(selected, e.ID)
		}
		form.Label = "all " + ui.Counted(int64(len(selected)), "webhook", "webhooks")
	case len(selected) == 1:
		e, err := h.webhooks.Endpoint(selected[0])
		if err != nil {
			return err
		}
		form.Label = ui.ShortURL(e.URL)
	default:
		form.Label = ui.Counted(int64(len(selected)), "selected webhook", "selected webhooks")
	}
	if ids != nil {
		*ids = selected
	}
	return nil
}

func (h *Handlers) renderRecover(c *fiber.Ctx, status int, form webhookpages.RecoverForm, counts []delivery.Undelivered) error {
	recoveries, err := h.webhooks.Recoveries(c.UserContext())
	if err != nil {
		return err
	}
	return respond.Page(c, status, webhookpages.RecoverPage(webhookpages.RecoverProps{
		Frame: h.Frame(c, "Recover events", ui.SectionWebhooks), Now: h.Now(), Flash: h.TakeFlash(c).Flash,
		Form: form, Counts: counts, Recoveries: recoveries[:min(len(recoveries), maxShownRecoveries)],
	}))
}

// Recover starts a recovery.
func (h *Handlers) Recover(c *fiber.Ctx) error {
	values, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	r, form, err := h.readRecover(c, values)
	if err != nil {
		return err
	}
	if len(form.Errors) > 0 {
		return h.renderRecover(c, fiber.StatusUnprocessableEntity, form, nil)
	}
	recovery, err := h.webhooks.Recover(c.UserContext(), r)
	if invalid := page.Invalid(err); invalid != nil {
		form.Errors[""] = invalid.Detail
		return h.renderRecover(c, fiber.StatusUnprocessableEntity, form, nil)
	}
	if err != nil {
		return err
	}
	var targets []string
	for _, one := range recovery.Replays {
		targets = append(targets, one.WebhookID)
	}
	audit.SetTargets(c, targets, make([]error, len(targets)))
	return h.Redirect(c, ui.Path("/webhooks/recover"), page.Said("The recovery has started. It goes on if you leave this page."))
}

// StopRecovery stops a recovery where it stands.
func (h *Handlers) StopRecovery(c *fiber.Ctx) error {
	if err := h.webhooks.StopRecovery(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return h.Redirect(c, ui.Path("/webhooks/recover"), page.Said("The recovery was stopped. Its failed deliveries are still retried."))
}
