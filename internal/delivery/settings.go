package delivery

import (
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
	"postern/internal/problem"
)

// Defaults of an endpoint's settings.
const (
	DefaultInFlight = 32               // requests at once
	DefaultTimeout  = 15 * time.Second // of one request
)

// Limits of an endpoint's settings.
const (
	MaxFilterNames    = 100               // cameras, or sources
	MaxInFlight       = 256               // requests at once
	MaxTimeoutSeconds = 60                // of one request
	maxPerSecond      = 100_000           // requests
	minPerSecond      = 1.0 / (24 * 3600) // one a day
	maxStormSeconds   = 24 * 60 * 60      // of storm control's window
)

// Settings are an endpoint's settings beside its URL, its event types and its
// secrets. The API and the store share their JSON.
type Settings struct {
	// Name is what people call the webhook; empty if it has no name. Description says
	// what it is for, and Labels group it with others. They change nothing about
	// its deliveries.
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Labels      []string `json:"labels,omitempty"`
	// Cameras and Sources select the events of these cameras and sources; none
	// means all.
	Cameras []string `json:"camera_ids,omitempty"`
	Sources []string `json:"sources,omitempty"`
	// Conditions are tests on an event's data, as event.ParseConditions reads
	// them.
	Conditions jsontext.Value `json:"conditions,omitempty"`
	// SkipSilenced leaves out the events that arrived while a silence was active. By
	// default they are sent: a silence keeps people from being called, not programs.
	SkipSilenced bool `json:"skip_silenced,omitzero"`
	// Ordered sends one event at a time, strictly in the log's order: an event
	// that fails holds back the events behind it.
	Ordered bool `json:"ordered,omitzero"`
	// PerSecond is how many requests a second may start, evenly spaced; zero
	// sets no limit.
	PerSecond float64 `json:"max_per_second,omitzero"`
	// InFlight is how many requests may run at once; zero means DefaultInFlight.
	InFlight int `json:"max_in_flight,omitzero"`
	// TimeoutSeconds bounds one request; zero means DefaultTimeout.
	TimeoutSeconds int `json:"timeout_seconds,omitzero"`
	// StormSeconds is storm control's window: in it at most one event of each
	// camera, type and identity is sent; zero turns storm control off.
	StormSeconds int `json:"storm_window_seconds,omitzero"`
	// OnRejected says how an ordered webhook handles an event that the receiver
	// refuses while it accepts later ones; empty means RejectBlock.
	OnRejected OnRejected `json:"on_rejected,omitempty"`
	// Payload is the part of an event that is sent; empty means PayloadFull.
	Payload Payload `json:"payload,omitempty"`
}

// Concurrency is how many requests may run at once.
func (s *Settings) Concurrency() int {
	switch {
	case s.Ordered:
		return 1
	case s.InFlight > 0:
		return s.InFlight
	default:
		return DefaultInFlight
	}
}

// Timeout bounds one request.
func (s *Settings) Timeout() time.Duration {
	if s.TimeoutSeconds > 0 {
		return time.Duration(s.TimeoutSeconds) * time.Second
	}
	return DefaultTimeout
}

// StormWindow is storm control's window; zero if storm control is off.
func (s *Settings) StormWindow() time.Duration { return time.Duration(s.StormSeconds) * time.Second }

// Setting is one of the settings: its name in the API and in forms, and a pointer to
// its value.
type Setting struct {
	Name  string
	Value any
}

// Each returns the settings in their order, with pointers to their values.
func (s *Settings) Each() []Setting {
	return []Setting{
		{"name", &s.Name},
		{"description", &s.Description},
		{"labels", &s.Labels},
		{"camera_ids", &s.Cameras},
		{"sources", &s.Sources},
		{"conditions", &s.Conditions},
		{"skip_silenced", &s.SkipSilenced},
		{"ordered", &s.Ordered},
		{"max_per_second", &s.PerSecond},
		{"max_in_flight", &s.InFlight},
		{"timeout_seconds", &s.TimeoutSeconds},
		{"storm_window_seconds", &s.StormSeconds},
		{"on_rejected", &s.OnRejected},
		{"payload", &s.Payload},
	}
}

// SettingsChange is a change of some settings; nil leaves a setting as it is.
type SettingsChange struct {
	Name           *string         `json:"name"`
	Description    *string         `json:"description"`
	Labels         *[]string       `json:"labels"`
	Cameras        *[]string       `json:"camera_ids"`
	Sources        *[]string       `json:"sources"`
	Conditions     *jsontext.Value `json:"conditions"`
	SkipSilenced   *bool           `json:"skip_silenced"`
	Ordered        *bool           `json:"ordered"`
	OnRejected     *OnRejected     `json:"on_rejected"`
	PerSecond      *float64        `json:"max_per_second"`
	InFlight       *int            `json:"max_in_flight"`
	TimeoutSeconds *int            `json:"timeout_seconds"`
	StormSeconds   *int            `json:"storm_window_seconds"`
	Payload        *Payload        `json:"payload"`
}

// Apply overwrites the settings that the change gives, and reports whether it gives
// any.
func (c *SettingsChange) Apply(to *Settings) (given bool) {
	given = change(&to.Name, c.Name)
	given = change(&to.Description, c.Description) || given
	given = change(&to.Labels, c.Labels) || given
	given = change(&to.Cameras, c.Cameras) || given
	given = change(&to.Sources, c.Sources) || given
	given = change(&to.Conditions, c.Conditions) || given
	given = change(&to.SkipSilenced, c.SkipSilenced) || given
	given = change(&to.Ordered, c.Ordered) || given
	given = change(&to.OnRejected, c.OnRejected) || given
	given = change(&to.PerSecond, c.PerSecond) || given
	given = change(&to.InFlight, c.InFlight) || given
	given = change(&to.TimeoutSeconds, c.TimeoutSeconds) || given
	given = change(&to.StormSeconds, c.StormSeconds) || given
	return change(&to.Payload, c.Payload) || given
}

// change copies a value unless it is nil, and reports whether it did.
func change[T any](to *T, value *T) bool {
	if value != nil {
		*to = *value
	}
	return value != nil
}

// Validate checks the settings, writes them in their shortest form, and returns
// their conditions and the errors of their fields.
func (s *Settings) Validate() (event.Conditions, []problem.Field) {
	var wrong []problem.Field
	fail := func(field, format string, args ...any) {
		wrong = append(wrong, problem.Field{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	s.validateNames(fail)
	conditions := s.validateFilter(fail)
	s.validateLimits(fail)
	s.validateSending(fail)
	return conditions, wrong
}

// failFunc records a field's error, in a whole sentence.
type failFunc func(field, format string, args ...any)

// validateFilter checks the settings that select events.
func (s *Settings) validateFilter(fail failFunc) event.Conditions {
	for _, list := range []struct {
		field, noun string
		names       []string
	}{{"camera_ids", "cameras", s.Cameras}, {"sources", "sources", s.Sources}} {
		if len(list.names) > MaxFilterNames {
			fail(list.field, "The list of %s has more than %d names.", list.noun, MaxFilterNames)
		}
		if slices.ContainsFunc(list.names, badName) {
			fail(list.field, "The list of %s has a name that isn't 1 to %d characters without control characters.", list.noun, event.MaxNameLength)
		}
	}
	var conditions event.Conditions
	if len(s.Conditions) > 0 {
		var err error
		if conditions, err = event.ParseConditions(s.Conditions); err != nil {
			fail("conditions", "%s", err)
		}
		if s.Conditions = nil; !conditions.Empty() {
			s.Conditions = jsontext.Value(conditions.String())
		}
	}
	return conditions
}

// validateLimits checks the numbers.
func (s *Settings) validateLimits(fail failFunc) {
	if s.PerSecond != 0 && !(s.PerSecond >= minPerSecond && s.PerSecond <= maxPerSecond) {
		fail("max_per_second", "The rate must be above 0 and at most %d, or 0 for no limit.", maxPerSecond)
	}
	if s.InFlight < 0 || s.InFlight > MaxInFlight {
		fail("max_in_flight", "The number of requests at once must be 1 to %d, or 0 for %d.", MaxInFlight, DefaultInFlight)
	}
	if s.Ordered && s.InFlight > 1 {
		fail("max_in_flight", "The number of requests at once must be 1 or left out where ordered is true.")
	}
	if s.TimeoutSeconds < 0 || s.TimeoutSeconds > MaxTimeoutSeconds {
		fail("timeout_seconds", "The time to wait must be 1 to %d seconds, or 0 for %d.", MaxTimeoutSeconds, int(DefaultTimeout.Seconds()))
	}
	if s.StormSeconds < 0 || s.StormSeconds > maxStormSeconds {
		fail("storm_window_seconds", "The storm control's time must be 1 to %d seconds, or 0 to let everything through.", maxStormSeconds)
	}
}

// validateSending checks how events are sent.
func (s *Settings) validateSending(fail failFunc) {
	switch {
	case s.OnRejected == RejectBlock:
		s.OnRejected = ""
	case s.OnRejected != "" && s.OnRejected != RejectSetAside:
		fail("on_rejected", `on_rejected must be "block" or "set_aside", or left out for "block".`)
	case s.OnRejected == RejectSetAside && !s.Ordered:
		fail("on_rejected", `on_rejected must be left out or "block" where ordered is false: only an ordered webhook waits for `+
			`an event that is refused.`)
	}
	switch s.Payload {
	case PayloadFull:
		s.Payload = ""
	case "", PayloadPseudonymous, PayloadThin:
	default:
		fail("payload", `The payload must be "full", "pseudonymous" or "thin", or left out for "full".`)
	}
}

func badName(s string) bool {
	return s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > event.MaxNameLength ||
		slices.ContainsFunc([]rune(s), unicode.IsControl)
}
