package webhooks

import (
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
	// The fields from here on are texts as they were typed.
	Cameras, Sources, Conditions string
	Ordered, SetAside            bool
	PerSecond, InFlight          string
	Timeout, Storm               string
	Payload                      string
	// Same are the webhooks that already have this URL; the form then asks for
	// confirmation. SameURL is the confirmed URL.
	Same    []endpoint.Endpoint
	SameURL string
	// Errors are by field, named as in the API; "" for the whole form.
	Errors map[string]string
	// Preview has the events that the filters match; nil if it wasn't requested.
	Preview *Preview
}

// filterFields and limitFields are the form's folded fields.
var (
	filterFields = []string{"camera_ids", "sources", "conditions"}
	limitFields  = []string{"ordered", "max_per_second", "max_in_flight", "timeout_seconds", "storm_window_seconds"}
)

// filtersOpen and limitsOpen report whether a folded part of the form is in use or has
// an error.
func (f Form) filtersOpen() bool {
	return f.Preview != nil || f.Cameras+f.Sources+f.Conditions != "" || f.wrongIn(filterFields)
}

func (f Form) limitsOpen() bool {
	return f.Ordered || f.PerSecond+f.InFlight+f.Timeout+f.Storm != "" || f.wrongIn(limitFields)
}

func (f Form) wrongIn(fields []string) bool {
	for _, field := range fields {
		if f.Errors[field] != "" {
			return true
		}
	}
	return false
}

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
