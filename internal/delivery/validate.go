package delivery

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
	"postern/internal/problem"
)

// Validate checks the settings, writes them in their shortest form, and returns
// their conditions and the errors of their fields.
func (s *Settings) Validate() (event.Conditions, []problem.Field) {
	var wrong []problem.Field
	fail := func(field, format string, args ...any) {
		wrong = append(wrong, problem.Field{Field: field, Message: fmt.Sprintf(format, args...)})
	}
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
