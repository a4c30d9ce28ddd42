package webhook

import (
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
	"postern/internal/store"
)

// Bounds of an endpoint's settings.
const (
	maxFilterNames    = 100               // cameras, or sources
	maxPerSecond      = 100_000           // requests
	maxInFlightLimit  = 256               // requests at once
	maxTimeoutSeconds = 60                // of one exchange
	maxStormSeconds   = 24 * 60 * 60      // of storm control's window
	minPerSecond      = 1.0 / (24 * 3600) // one a day
)

// Settings are what can be set for a webhook beside its URL, its event types
// and its secret. Their JSON is the API's and the store's.
type Settings struct {
	// Cameras and Sources narrow what is sent to these; none means all.
	Cameras []string `json:"camera_ids,omitempty"`
	Sources []string `json:"sources,omitempty"`
	// Conditions are tests on data, in the grammar of event.Conditions.
	Conditions jsontext.Value `json:"conditions,omitempty"`
	// Ordered sends one event at a time, strictly in the log's order: a
	// failure holds back what follows.
	Ordered bool `json:"ordered,omitzero"`
	// PerSecond is how many requests a second may start, evenly spaced; zero
	// sets no limit.
	PerSecond float64 `json:"max_per_second,omitzero"`
	// InFlight is how many requests may run at once; zero means 32.
	InFlight int `json:"max_in_flight,omitzero"`
	// TimeoutSeconds bounds one exchange; zero means 15.
	TimeoutSeconds int `json:"timeout_seconds,omitzero"`
	// StormSeconds lets at most one event per camera, type and identity
	// through within as many seconds; zero lets all through.
	StormSeconds int `json:"storm_window_seconds,omitzero"`
	// OnRejected says how an ordered webhook handles an event that the receiver
	// refuses while it accepts the next ones; empty means RejectBlock.
	OnRejected OnRejected `json:"on_rejected,omitempty"`
	// Payload is what of an event is sent; empty means PayloadFull.
	Payload Payload `json:"payload,omitempty"`
}

// OnRejected says how an ordered webhook handles an event that its receiver
// refuses.
type OnRejected string

const (
	// RejectBlock keeps the events behind it waiting until the receiver
	// accepts it, or a person sets it aside.
	RejectBlock OnRejected = "block"
	// RejectSetAside exhausts it once the receiver has accepted a later event.
	RejectSetAside OnRejected = "set_aside"
)

// concurrency is how many requests may run at once.
func (s *Settings) concurrency() int {
	switch {
	case s.Ordered:
		return 1
	case s.InFlight > 0:
		return s.InFlight
	default:
		return defaultInFlight
	}
}

// timeout bounds one exchange.
func (s *Settings) timeout() time.Duration {
	if s.TimeoutSeconds > 0 {
		return time.Duration(s.TimeoutSeconds) * time.Second
	}
	return exchangeTimeout
}

// check returns what is wrong with the settings, and their conditions read.
func (s *Settings) check() (event.Conditions, []event.FieldError) {
	var wrong []event.FieldError
	fail := func(field, format string, args ...any) { // the message is a whole sentence
		wrong = append(wrong, event.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	for _, list := range []struct {
		field, noun string
		names       []string
	}{{"camera_ids", "cameras", s.Cameras}, {"sources", "sources", s.Sources}} {
		if len(list.names) > maxFilterNames {
			fail(list.field, "The list of %s has more than %d names.", list.noun, maxFilterNames)
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
	if s.PerSecond != 0 && !(s.PerSecond >= minPerSecond && s.PerSecond <= maxPerSecond) {
		fail("max_per_second", "The rate must be above 0 and at most %d, or 0 for no limit.", maxPerSecond)
	}
	if s.InFlight < 0 || s.InFlight > maxInFlightLimit {
		fail("max_in_flight", "The number of requests at once must be 1 to %d, or 0 for %d.", maxInFlightLimit, defaultInFlight)
	}
	if s.Ordered && s.InFlight > 1 {
		fail("max_in_flight", "The number of requests at once must be 1 or left out where ordered is true.")
	}
	if s.TimeoutSeconds < 0 || s.TimeoutSeconds > maxTimeoutSeconds {
		fail("timeout_seconds", "The time to wait must be 1 to %d seconds, or 0 for %d.", maxTimeoutSeconds, int(exchangeTimeout.Seconds()))
	}
	if s.StormSeconds < 0 || s.StormSeconds > maxStormSeconds {
		fail("storm_window_seconds", "The storm control's time must be 1 to %d seconds, or 0 to let everything through.", maxStormSeconds)
	}
	switch {
	case s.OnRejected == RejectBlock:
		s.OnRejected = ""
	case s.OnRejected != "" && s.OnRejected != RejectSetAside:
		fail("on_rejected", `on_rejected must be "block" or "set_aside", or left out for "block".`)
	case s.OnRejected == RejectSetAside && !s.Ordered:
		fail("on_rejected", `on_rejected must be left out or "block" where ordered is false: only an ordered webhook waits for an event that is refused.`)
	}
	switch s.Payload {
	case PayloadFull:
		s.Payload = ""
	case "", PayloadPseudonymous, PayloadThin:
	default:
		fail("payload", `The payload must be "full", "pseudonymous" or "thin", or left out for "full".`)
	}
	return conditions, wrong
}

func badName(s string) bool {
	return s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > event.MaxNameLength || slices.ContainsFunc([]rune(s), unicode.IsControl)
}

// encodeSettings is how settings are kept.
func encodeSettings(s Settings) (string, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write settings: %w", err)
	}
	return string(b), nil
}

// settingsOf reads an endpoint's settings and the filter that follows.
func settingsOf(e *store.Endpoint) (Settings, event.Filter, error) {
	var s Settings
	text := e.Settings
	if text == "" {
		text = "{}"
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, event.Filter{}, fmt.Errorf("read the settings of %s: %w", e.ID, err)
	}
	conditions, wrong := s.check()
	if len(wrong) > 0 {
		return s, event.Filter{}, fmt.Errorf("read the settings of %s: %s %s", e.ID, wrong[0].Field, wrong[0].Message)
	}
	return s, event.Filter{Types: e.Types, Cameras: s.Cameras, Sources: s.Sources, Conditions: conditions}, nil
}
