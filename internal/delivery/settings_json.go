package delivery

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
)

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
