package catalogue

import (
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
	view "postern/views/catalogue"
)

// newSample returns the documented example of a type as an event for the log. It is
// marked as a sample by its source, by "sample": true in data, and by its label or
// message. It has no camera, which would count as one of the site.
func newSample(t event.Type, now time.Time) (*event.Event, error) {
	var data map[string]any
	if err := json.Unmarshal([]byte(t.Info().Example), &data); err != nil {
		return nil, err
	}
	data["sample"] = true
	if data["label"] != nil {
		data["label"], data["identity_id"] = "Sample person", "sample"
	}
	if message, ok := data["message"].(string); ok {
		data["message"] = "Sample: " + message
	}
	text, err := json.Marshal(data, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	e := &event.Event{ID: event.NewID(), Type: t, Source: view.SampleSource, Time: now.UTC().Truncate(time.Microsecond), Data: text}
	e.Finalize()
	return e, nil
}
