package alerts

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/silence"
	"postern/internal/web/page"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	silenceviews "postern/views/silences"
	"postern/views/ui"
)

// usualReason is the reason that the form offers.
const usualReason = "Too many alerts"

// SilencesPage lists the silences.
func (h *Handlers) SilencesPage(c *fiber.Ctx) error {
	list, err := h.scoped.Silences(c, true)
	if err != nil {
		return err
	}
	return respond.Page(c, fiber.StatusOK, silenceviews.ListPage(silenceviews.ListProps{
		Frame: h.Frame(c, "Silences", ui.SectionAlerts), Flash: h.TakeFlash(c).Flash, Now: h.Now(), Silences: list,
	}))
}

// SilencePage shows the form that makes a silence. The URL's query fills it in.
func (h *Handlers) SilencePage(c *fiber.Ctx) error {
	query := request.Query(c)
	form := silenceForm(query, request.Zone(c))
	form.Reason = cmp.Or(form.Reason, usualReason)
	return h.renderSilence(c, fiber.StatusOK, form)
}

func (h *Handlers) renderSilence(c *fiber.Ctx, status int, form silenceviews.Form) error {
	return respond.Page(c, status, silenceviews.FormPage(silenceviews.FormProps{
		Frame: h.Frame(c, "Silence alerts", ui.SectionAlerts), Now: h.Now(), Form: form,
	}))
}

// silenceForm reads the values of the form.
func silenceForm(values url.Values, zone *time.Location) silenceviews.Form {
	_, all, types := page.ReadTypes(url.Values{"event_types": values["event_type"]})
	if all {
		types = 0
	}
	form := silenceviews.Form{
		Types:   types,
		Cameras: page.NameList(strings.Join(values["camera_id"], "\n")), Sources: page.NameList(strings.Join(values["source"], "\n")),
		Webhook: strings.TrimSpace(values.Get("webhook")), Reason: strings.TrimSpace(values.Get("reason")), Back: ui.Path("/silences"),
		Until: values.Get("until"), Days: request.Dedupe(values["day"]),
		WeeklyFrom: values.Get("weekly_from"), WeeklyTo: values.Get("weekly_to"),
		Zone: cmp.Or(values.Get("weekly_zone"), zone.String()),
	}
	if back := values.Get("back"); page.LocalPath(back) {
		form.Back = back
	}
	return form
}

// SilenceAdd makes a silence. A refused form is shown again with its errors.
func (h *Handlers) SilenceAdd(c *fiber.Ctx) error {
	values, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	form := silenceForm(values, request.Zone(c))
	one, err := readSilence(form, values.Get("for"), h.Now(), request.Zone(c))
	if err == nil {
		err = one.Check(one.CreatedAt)
	}
	if err == nil {
		var asked bool
		if one.Author, asked, err = h.actor(c, values, form.Back); asked {
			return err
		}
	}
	if err == nil {
		err = h.scoped.MakeSilence(c, one)
	}
	if invalid := page.Invalid(err); invalid != nil && len(invalid.Fields) > 0 {
		form.Errors = map[string]string{}
		for _, f := range invalid.Fields {
			form.Errors[f.Field] = f.Message
		}
		return h.renderSilence(c, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return h.Redirect(c, form.Back, page.Said("Silenced: "+silenceviews.Subject(one.Match)+"."))
}

// readSilence makes the silence of a form: for a length of time that has a button, or
// with the form's own times.
func readSilence(form silenceviews.Form, length string, now time.Time, zone *time.Location) (*silence.Silence, error) {
	one := &silence.Silence{
		Match:  silence.Match{Types: form.Types, Cameras: form.Cameras, Sources: form.Sources, Webhook: form.Webhook},
		Reason: form.Reason, From: event.FromMicro(now.UnixMicro()), CreatedAt: event.FromMicro(now.UnixMicro()),
	}
	for _, l := range silenceviews.Lengths {
		if l.Value == length {
			one.Until = one.From.Add(l.Time)
			return one, nil
		}
	}
	if form.Until != "" {
		until, err := request.FieldTime(form.Until, "", now, zone)
		if err != nil {
			return nil, problem.InvalidField("until", "Enter a date and a time, for example 2026-03-19 14:30.")
		}
		one.Until = until
	}
	var err error
	if len(form.Days) > 0 {
		one.Weekly, err = silence.ParseWeekly(form.Days, form.WeeklyFrom, form.WeeklyTo, form.Zone)
	}
	return one, err
}

// SilenceEnd ends a silence now.
func (h *Handlers) SilenceEnd(c *fiber.Ctx) error {
	values, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	back := ui.Path("/silences")
	if to := values.Get("back"); page.LocalPath(to) {
		back = to
	}
	by, asked, err := h.actor(c, values, back)
	if asked || err != nil {
		return err
	}
	ended, err := h.scoped.EndSilence(c, request.PathID(c), by)
	if err != nil {
		return err
	}
	return h.Redirect(c, back, page.Said("Ended the silence: "+silenceviews.Subject(ended.Match)+"."))
}
