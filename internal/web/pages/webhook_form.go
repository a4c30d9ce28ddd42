package pages

import (
	"net/url"
	"reflect"
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
		Settings: make(map[string]string), SameURL: get("same_url"),
	}
	for _, name := range settingNames() {
		form.Settings[name] = get(name)
	}
	r := webhook.Registration{
		URL: form.URL, GenerateSecret: form.SecretFrom == webhookpages.SecretGenerated, Settings: parseSettings(form.Settings),
	}
	if form.SecretFrom == "" && form.Secret != "" {
		form.SecretFrom = webhookpages.SecretOwn
	}
	if form.SecretFrom == webhookpages.SecretOwn {
		r.Secret = form.Secret
	}
	r.EventTypes, form.All, form.Types = readTypes(values)
	return r, form, nil
}

// settingNames returns the names of the settings in their order.
func settingNames() []string {
	var names []string
	for _, one := range new(delivery.Settings).Each() {
		names = append(names, one.Name)
	}
	return names
}

// parseSettings parses the texts of the form's settings.
func parseSettings(texts map[string]string) (s delivery.Settings) {
	for _, one := range s.Each() {
		text := texts[one.Name]
		switch value := one.Value.(type) {
		case *[]string:
			*value = nameList(text)
		case *jsontext.Value:
			if text != "" {
				*value = jsontext.Value(text)
			}
		case *bool:
			*value = text != ""
		case *int:
			*value = whole(text)
		case *float64:
			*value = decimal(text)
		default: // a type of string
			reflect.ValueOf(value).Elem().SetString(text)
		}
	}
	if !s.Ordered || s.OnRejected != delivery.RejectSetAside { // only ordered webhooks have this choice
		s.OnRejected = ""
	}
	return s
}

// formatSettings is the inverse of parseSettings. A default is empty.
func formatSettings(s delivery.Settings) map[string]string {
	texts := make(map[string]string)
	for _, one := range s.Each() {
		switch value := one.Value.(type) {
		case *[]string:
			texts[one.Name] = strings.Join(*value, "\n")
		case *jsontext.Value:
			texts[one.Name] = string(*value)
		case *bool:
			if *value {
				texts[one.Name] = "1"
			}
		case *int:
			texts[one.Name] = number(float64(*value))
		case *float64:
			texts[one.Name] = number(*value)
		default: // a type of string
			texts[one.Name] = reflect.ValueOf(value).Elem().String()
		}
	}
	return texts
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

// number writes a number; empty for zero.
func number(n float64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// formErrors returns the message of each field of an invalid form.
func formErrors(invalid *problem.Error) map[string]string {
	messages := make(map[string]string, len(invalid.Fields))
	for _, f := range invalid.Fields {
		switch {
		case f.Field == "event_types":
			messages[f.Field] = "Choose at least one type of event, or all events."
		case f.Field == "url", f.Field == "secret", slices.Contains(settingNames(), f.Field):
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

// formOf returns a webhook's settings as the form that changes them.
func formOf(e *delivery.Endpoint) webhookpages.Form {
	return webhookpages.Form{
		ID: e.ID, URL: e.URL, All: e.Types&event.AllTypes != 0, Types: e.Types, Settings: formatSettings(e.Settings),
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
	for _, field := range slices.Concat([]string{"event_types"}, settingNames(), []string{""}) {
		if errors[field] != "" {
			text += " " + errors[field]
		}
	}
	return text
}
