package webhooks

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/problem"
	"postern/internal/web/page"
	"postern/internal/webhook"
	"postern/views/webhookform"
)

// readForm decodes the form of a webhook, as a registration and as the
// form to show again. A malformed number becomes an invalid number, so that it is
// refused together with the other invalid fields.
func readForm(c *fiber.Ctx) (webhook.Registration, webhookform.Form, error) {
	values, err := page.ReadForm(c)
	if err != nil {
		return webhook.Registration{}, webhookform.Form{}, err
	}
	get := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	form := webhookform.Form{
		URL: get("url"), Secret: values.Get("secret"), SecretFrom: get("secret_from"),
		Settings: make(map[string]string), SameURL: get("same_url"),
	}
	for _, name := range settingNames() {
		form.Settings[name] = get(name)
	}
	r := webhook.Registration{
		URL: form.URL, GenerateSecret: form.SecretFrom == webhookform.SecretGenerated, Settings: parseSettings(form.Settings),
	}
	if form.SecretFrom == "" && form.Secret != "" {
		form.SecretFrom = webhookform.SecretOwn
	}
	if form.SecretFrom == webhookform.SecretOwn {
		r.Secret = form.Secret
	}
	r.EventTypes, form.All, form.Types = page.ReadTypes(values)
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
			*value = page.NameList(text)
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
