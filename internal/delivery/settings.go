package delivery

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
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
	// Cameras and Sources select the events of these cameras and sources; none
	// means all.
	Cameras []string `json:"camera_ids,omitempty"`
	Sources []string `json:"sources,omitempty"`
	// Conditions are tests on an event's data, as event.ParseConditions reads
	// them.
	Conditions jsontext.Value `json:"conditions,omitempty"`
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

// OnRejected says how an ordered webhook handles an event that its receiver
// refuses.
type OnRejected string

const (
	// RejectBlock queues the events behind it until the receiver accepts it, or
	// a person sets it aside.
	RejectBlock OnRejected = "block"
	// RejectSetAside exhausts it once the receiver has accepted a later event.
	RejectSetAside OnRejected = "set_aside"
)

// Payload is the part of an event that an endpoint is sent.
type Payload string

// The payloads.
const (
	// PayloadFull is the event as it is.
	PayloadFull Payload = "full"
	// PayloadPseudonymous has a keyed hash in place of each identity_id and
	// label in data, at any depth.
	PayloadPseudonymous Payload = "pseudonymous"
	// PayloadThin has no data, but a link to the event. The receiver needs an API
	// key to read it.
	PayloadThin Payload = "thin"
)

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

// Encode returns the settings as they are stored: as JSON.
func (s Settings) Encode() (string, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write settings: %w", err)
	}
	return string(b), nil
}

// ParseSettings parses and validates what Encode returned.
func ParseSettings(text string) (Settings, event.Conditions, error) {
	var s Settings
	if text == "" {
		text = "{}"
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, event.Conditions{}, err
	}
	conditions, wrong := s.Validate()
	if len(wrong) > 0 {
		return s, conditions, fmt.Errorf("%s: %s", wrong[0].Field, wrong[0].Message)
	}
	return s, conditions, nil
}

// Filter returns the filter of an endpoint with the settings. The conditions are
// those that Validate has parsed.
func (s *Settings) Filter(types event.TypeSet, conditions event.Conditions) event.Filter {
	return event.Filter{Types: types, Cameras: s.Cameras, Sources: s.Sources, Conditions: conditions}
}
