package pages

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/views/ui"
	webhookpages "postern/views/webhooks"
)

// previewRows is how many matching events a preview shows.
const previewRows = 5

// readWebhookForm decodes the form of a webhook, as a registration and as the
// form to show again. A malformed number becomes an invalid number, so that it is
// refused together with the other invalid fields.
func readWebhookForm(c *fiber.Ctx) (webhook.Registration, webhookpages.Form, error) {
	values, err := readForm(c)
	if err != nil {
		return webhook.Registration{}, webhookpages.Form{}, err
	}
	get := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	form := webhookpages.Form{
		URL: get("url"), Secret: values.Get("secret"), SecretFrom: get("secret_from"),
		Cameras: get("camera_ids"), Sources: get("sources"), Conditions: get("conditions"), Ordered: get("ordered") != "",
		SetAside:  get("on_rejected") == string(delivery.RejectSetAside),
		PerSecond: get("max_per_second"), InFlight: get("max_in_flight"), Timeout: get("timeout_seconds"), Storm: get("storm_window_seconds"),
		Payload: get("payload"), SameURL: get("same_url"),
	}
	r := webhook.Registration{
		URL: form.URL, GenerateSecret: form.SecretFrom == webhookpages.SecretGenerated,
		Settings: delivery.Settings{
			Cameras: nameList(form.Cameras), Sources: nameList(form.Sources), Ordered: form.Ordered,
			PerSecond: decimal(form.PerSecond), InFlight: whole(form.InFlight), TimeoutSeconds: whole(form.Timeout), StormSeconds: whole(form.Storm),
			Payload: delivery.Payload(form.Payload),
		},
	}
	if form.SetAside && form.Ordered { // only ordered webhooks have this choice
		r.Settings.OnRejected = delivery.RejectSetAside
	}
	if form.SecretFrom == "" && form.Secret != "" {
		form.SecretFrom = webhookpages.SecretOwn
	}
	if form.SecretFrom == webhookpages.SecretOwn {
		r.Secret = form.Secret
	}
	if form.Conditions != "" {
		r.Settings.Conditions = jsontext.Value(form.Conditions)
	}
	r.EventTypes, form.All, form.Types = readTypes(values)
	return r, form, nil
}

// readTypes reads the selected types. All, selected together with single types,
// means all.
func readTypes(values url.Values) (names []string, all bool, types event.TypeSet) {
	names = request.Dedupe(values["event_types"])
	for _, name := range names {
		if name == "*" {
			return []string{"*"}, true, event.AllTypes
		}
		if t, err := event.ParseType(name); err == nil {
			types |= event.Types(t)
		}
	}
	return names, false, types
}

// nameList splits a list at its line ends and commas.
func nameList(list string) []string {
	var out []string
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return request.Dedupe(out)
}

func whole(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func decimal(s string) float64 {
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return -1
	}
	return f
}

// formErrors returns the message of each field of an invalid form.
func formErrors(invalid *problem.Error) map[string]string {
	messages := make(map[string]string, len(invalid.Fields))
	for _, f := range invalid.Fields {
		switch {
		case f.Field == "event_types":
			messages[f.Field] = "Choose at least one type of event, or all events."
		case slices.Contains(formFields, f.Field):
			messages[f.Field] = f.Message
		default:
			messages[""] = invalid.Detail
		}
	}
	if len(messages) == 0 {
		messages[""] = invalid.Detail
	}
	return messages
}

// formFields are the fields of the form that show their own message.
var formFields = []string{
	"url", "secret", "camera_ids", "sources", "conditions", "ordered", "max_per_second", "max_in_flight", "timeout_seconds",
	"storm_window_seconds", "payload",
}

// formOf returns a webhook's settings as the form that changes them.
func formOf(e *delivery.Endpoint) webhookpages.Form {
	number := func(n float64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	s := &e.Settings
	return webhookpages.Form{
		ID: e.ID, URL: e.URL, All: e.Types&event.AllTypes != 0, Types: e.Types,
		Cameras: strings.Join(s.Cameras, "\n"), Sources: strings.Join(s.Sources, "\n"), Conditions: string(s.Conditions), Ordered: s.Ordered,
		SetAside:  s.OnRejected == delivery.RejectSetAside,
		PerSecond: number(s.PerSecond), InFlight: number(float64(s.InFlight)),
		Timeout: number(float64(s.TimeoutSeconds)), Storm: number(float64(s.StormSeconds)), Payload: string(s.Payload),
	}
}

// WebhookEditPage shows the form that changes a webhook.
func (h *Handlers) WebhookEditPage(c *fiber.Ctx) error {
	e, err := h.webhooks.Endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return h.renderEdit(c, fiber.StatusOK, formOf(e))
}

func (h *Handlers) renderEdit(c *fiber.Ctx, status int, form webhookpages.Form) error {
	endpoint, err := h.endpointView(form.ID)
	if err != nil {
		return err
	}
	form.AllowHTTP = h.webhooks.Egress().Policy().AllowHTTP
	return respond.Page(c, status, webhookpages.EditPage(webhookpages.EditProps{
		Frame:    h.frame(c, "Edit webhook", ui.SectionWebhooks),
		Now:      h.now(),
		Endpoint: endpoint,
		Form:     form,
	}))
}

// WebhookEdit changes a webhook.
func (h *Handlers) WebhookEdit(c *fiber.Ctx) error {
	r, form, err := readWebhookForm(c)
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
	if invalid := invalidError(err); invalid != nil {
		form.Errors = formErrors(invalid)
		return h.renderEdit(c, fiber.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return h.operated(c, said("Saved. The changes apply from the next event."))
}

// asksAboutURL reports whether a form needs a confirmation because another
// webhook already has its URL, and puts those webhooks into the form. The
// confirming button carries the URL that it was shown for.
func (h *Handlers) asksAboutURL(form *webhookpages.Form) bool {
	if form.SameURL == form.URL {
		return false
	}
	for _, e := range h.webhooks.SameURL(form.URL, form.ID) {
		form.Same = append(form.Same, endpointView(e, h.webhooks.Status(e.ID)))
	}
	return len(form.Same) > 0
}

// WebhookPreview shows the form again with a preview of the matching events. htmx
// takes only the preview, and ignores an error status, so it always gets 200.
func (h *Handlers) WebhookPreview(c *fiber.Ctx) error {
	r, form, err := readWebhookForm(c)
	if err != nil {
		return err
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}
	form.ID = values.Get("webhook")
	status := fiber.StatusOK
	found, err := h.scoped.Preview(c, r.EventTypes, r.Settings)
	invalid := invalidError(err)
	switch {
	case invalid != nil:
		form.Errors = formErrors(invalid)
		form.Preview = &webhookpages.Preview{Problem: problemOf(form.Errors)}
		if c.Get("HX-Request") == "" {
			status = fiber.StatusUnprocessableEntity
		}
	case err != nil:
		return err
	default:
		form.Preview = &webhookpages.Preview{
			Now: h.now(), Examined: found.Examined, Matching: len(found.Matching),
			Examples: found.Matching[:min(previewRows, len(found.Matching))],
		}
	}
	if form.ID != "" {
		return h.renderEdit(c, status, form)
	}
	return h.renderWebhooks(c, status, form, ui.Flash{})
}

// problemOf returns all errors that prevent a preview as one text.
func problemOf(errors map[string]string) string {
	text := "The preview needs valid filters."
	for _, field := range []string{"event_types", "camera_ids", "sources", "conditions", "max_per_second", "max_in_flight",
		"timeout_seconds", "storm_window_seconds", "payload", ""} {
		if errors[field] != "" {
			text += " " + errors[field]
		}
	}
	return text
}
