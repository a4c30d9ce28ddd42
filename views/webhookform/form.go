package webhookform

import (
	"slices"
	"strings"

	"postern/internal/event"
	"postern/views/endpoint"
	"postern/views/ui"
)

// payloadChoice is an option for the payload.
type payloadChoice struct{ value, name, means string }

var payloadChoices = []payloadChoice{
	{"", "Full", "the complete event"},
	{"pseudonymous", "Pseudonymous", "a keyed hash in place of each identity and label: the same person, the same value"},
	{"thin", "Thin", "no data, and a link to the event; the receiver needs a key of its own to read it"},
}

// Sources of a new webhook's secret.
const (
	SecretGenerated = "generate"
	SecretOwn       = "own"
	SecretNone      = "none"
)

// secretFrom is the selected source of the secret; a generated one by default.
func (f Form) secretFrom() string {
	if f.SecretFrom == "" {
		return SecretGenerated
	}
	return f.SecretFrom
}

// Form has the values of a webhook's form: the current settings, or the sent ones
// after an error.
type Form struct {
	// ID is the id of the changed webhook; empty for a new one.
	ID  string
	URL string
	// AllowHTTP says that plain http URLs are allowed.
	AllowHTTP bool
	All       bool
	Types     event.TypeSet
	Secret    string
	// SecretFrom is SecretGenerated (or empty), SecretOwn or SecretNone.
	SecretFrom string
	// Settings are the texts of the settings as they were typed, by their names in the
	// API. The text of a chosen checkbox isn't empty.
	Settings map[string]string
	// Same are the webhooks that already have this URL; the form then asks for
	// confirmation. SameURL is the confirmed URL.
	Same    []endpoint.Endpoint
	SameURL string
	// Errors are by field, named as in the API; "" for the whole form.
	Errors map[string]string
	// Check is the result of a check of the receiver; nil if it wasn't requested.
	Check *ReceiverCheck
	// Preview has the events that the filters match; nil if it wasn't requested.
	Preview *Preview
}

// filtersOpen and limitsOpen report whether a folded part of the form is in use or has
// an error.
func (f Form) filtersOpen() bool { return f.Preview != nil || f.uses(filterSettings...) }

func (f Form) limitsOpen() bool { return f.uses(limitSettings...) }

// uses reports whether any of some settings isn't at its default, or has an error.
func (f Form) uses(settings ...string) bool {
	return slices.ContainsFunc(settings, func(name string) bool { return f.Settings[name] != "" || f.Errors[name] != "" })
}

// line is a setting's text in a field of one line.
func (f Form) line(name string) string { return strings.ReplaceAll(f.Settings[name], "\n", ", ") }

// action is the form's address.
func (f Form) action() string {
	if f.ID != "" {
		return string(ui.WebhookURL(f.ID)) + "/edit"
	}
	return ui.Path("/webhooks")
}

// verb is the label of the form's button.
func (f Form) verb() string {
	if f.ID != "" {
		return "Save changes"
	}
	return "Register webhook"
}

// verbAgain is the label of the button that confirms the form's question.
func (f Form) verbAgain() string {
	if f.ID != "" {
		return "Save changes anyway"
	}
	return "Register another webhook"
}
