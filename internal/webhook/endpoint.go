package webhook

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/send"
)

// ErrNotFound says that no webhook has the id.
var ErrNotFound = problem.New(problem.NotFound, "There is no webhook with this id. It may have been removed.")

// MaxEndpoints is the maximum number of endpoints.
const MaxEndpoints = 1000

// Registration is a request to register a webhook.
type Registration struct {
	URL        string
	EventTypes []string
	// Secret signs the deliveries; empty for none.
	Secret string
	// GenerateSecret asks Postern to make the secret.
	GenerateSecret bool
	Settings       delivery.Settings
}

// Change is a request to change a webhook; a nil field stays as it is.
type Change struct {
	URL        *string
	EventTypes *[]string
	// Secret replaces all secrets at once; empty removes them. With Rotate, the
	// previous secret continues to sign.
	Secret *string
	// Settings changes the settings at the time of the commit; ReplaceSettings
	// replaces all of them.
	Settings func(*delivery.Settings)
}

// ReplaceSettings is a change of all settings.
func ReplaceSettings(with delivery.Settings) func(*delivery.Settings) {
	return func(settings *delivery.Settings) { *settings = with }
}

// newEndpointID makes an id in the reference's form: wh_ and 12 hex digits.
func newEndpointID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return "wh_" + hex.EncodeToString(b[:])
}

// rules decide whether a registration is acceptable.
type rules struct {
	guard    *egress.Guard
	payloads *send.Payloads
	// The URL, or the settings, were checked when they were given.
	knownURL, knownSettings bool
	// former is the endpoint's present URL. It may stay unchanged even if it
	// breaks the rules: its receiver knows it.
	former string
}

// check validates the fields of an endpoint that is to be kept and reads the
// event types. The secret is empty where none is given. Its error is a *problem.Error.
func (r rules) check(rawURL string, names []string, secret string, settings *delivery.Settings) (event.TypeSet, event.Conditions, error) {
	var fields []problem.Field
	if r.knownURL {
		// nothing to check
	} else if message := r.guard.CheckURL(rawURL, r.former); message != "" {
		fields = append(fields, problem.Field{Field: "url", Message: message})
	}
	types, err := event.ParseTypes(names)
	if err != nil {
		fields = append(fields, problem.Field{Field: "event_types", Message: err.Error()})
	}
	if message := delivery.CheckSecret(secret); message != "" {
		fields = append(fields, problem.Field{Field: "secret", Message: message})
	}
	conditions, wrong := settings.Validate()
	if !r.knownSettings {
		if message := r.payloads.Lacks(settings.Payload); message != "" {
			wrong = append(wrong, problem.Field{Field: "payload", Message: message})
		}
	}
	if fields = append(fields, wrong...); len(fields) == 0 {
		return types, conditions, nil
	}
	return 0, event.Conditions{}, refuse(fields)
}

// refuse makes one error of several invalid fields.
func refuse(fields []problem.Field) *problem.Error {
	details := make([]string, len(fields))
	for i, f := range fields {
		details[i] = f.Field + ": " + f.Message
	}
	return &problem.Error{Code: problem.Invalid, Detail: strings.Join(details, " "), Fields: fields}
}
