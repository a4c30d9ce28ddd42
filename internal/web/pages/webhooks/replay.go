package webhooks

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// ReplayPage shows the form of a replay and, once that is filled in, the
// number of its events. It starts nothing.
func (h *Handlers) ReplayPage(c *fiber.Ctx) error {
	query := request.Query(c)
	form := webhookpages.ReplayForm{From: "hour", All: true}
	if len(query) == 0 {
		return h.renderReplay(c, fiber.StatusOK, form, nil)
	}
	form.From, form.Since = query.Get("from"), query.Get("since")
	r, wrong := h.readReplay(query, &form, request.Zone(c))
	if wrong != "" {
		form.Errors = map[string]string{"since": wrong}
		return h.renderReplay(c, fiber.StatusUnprocessableEntity, form, nil)
	}
	n, exact, err := h.webhooks.Count(c.UserContext(), c.Params("id"), r)
	if err != nil {
		return err
	}
	return h.renderReplay(c, fiber.StatusOK, form, &webhookpages.DryRun{Since: r.Since, Types: r.Filter.Types, Count: n, AtLeast: !exact})
}

// readReplay reads the form. wrong is the error in its time; empty for none.
// Without a selected type, all types are replayed.
func (h *Handlers) readReplay(query url.Values, form *webhookpages.ReplayForm, in *time.Location) (r webhook.ReplayRequest, wrong string) {
	_, form.All, form.Types = page.ReadTypes(query)
	if form.Types == 0 {
		form.All = true
	}
	if !form.All {
		r.Filter.Types = form.Types
	}
	now := h.Now().UTC().Truncate(time.Second)
	switch form.From {
	case "hour":
		r.Since = now.Add(-time.Hour)
	case "day":
		r.Since = now.Add(-24 * time.Hour)
	default:
		form.From = "time"
		var err error
		if r.Since, err = request.FieldTime(form.Since, "", now, in); err != nil {
			return r, "Enter a date and a time, for example 2026-03-19 14:30."
		}
		if r.Since.After(now) {
			return r, "This time is in the future. Choose a time in the past."
		}
	}
	return r, ""
}

func (h *Handlers) renderReplay(c *fiber.Ctx, status int, form webhookpages.ReplayForm, run *webhookpages.DryRun) error {
	endpoint, err := h.endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return respond.Page(c, status, webhookpages.ReplayPage(webhookpages.ReplayProps{
		Frame:    h.FrameOf(c, "Replay past events", "to "+ui.ShortURL(endpoint.URL), ui.SectionWebhooks),
		Now:      h.Now(),
		Endpoint: endpoint,
		Form:     form,
		DryRun:   run,
	}))
}

// Replay starts a replay.
func (h *Handlers) Replay(c *fiber.Ctx) error {
	values, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	form := webhookpages.ReplayForm{From: "time", Since: values.Get("since")}
	r, wrong := h.readReplay(values, &form, request.Zone(c))
	if wrong != "" {
		form.Errors = map[string]string{"since": wrong}
		return h.renderReplay(c, fiber.StatusUnprocessableEntity, form, nil)
	}
	_, err = h.webhooks.Replay(c.UserContext(), c.Params("id"), r)
	if invalid := page.Invalid(err); invalid != nil {
		form.Errors = map[string]string{"": invalid.Detail}
		form.Since = ui.TimeInput(r.Since, request.Zone(c))
		return h.renderReplay(c, fiber.StatusUnprocessableEntity, form, nil)
	}
	if err != nil {
		return err
	}
	return h.operated(c, page.Said("The replay has started."))
}

// StopReplay stops a replay at its current position.
func (h *Handlers) StopReplay(c *fiber.Ctx) error {
	if err := h.webhooks.StopReplay(c.UserContext(), c.Params("id"), c.Params("replay")); err != nil {
		return err
	}
	return h.operated(c, page.Said("The replay was stopped. Its failed deliveries are still retried."))
}
