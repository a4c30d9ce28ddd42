package webhook

import (
	"context"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
)

// previewEvents is how many of the newest events a preview looks at.
const previewEvents = 1000

// Preview is which of the newest events a webhook would have got.
type Preview struct {
	Examined int
	Matching []*event.Event // newest first
	// Sent returns what would be sent of one.
	Sent func(*event.Event) []byte
}

// Preview applies a filter to the newest events. If the filter is invalid, the
// error says which fields are wrong.
func (s *Service) Preview(ctx context.Context, types []string, settings delivery.Settings) (Preview, error) {
	var fields []problem.Field
	set, err := event.ParseTypes(types)
	if err != nil {
		fields = append(fields, problem.Field{Field: "event_types", Message: err.Error()})
	}
	conditions, wrong := settings.Validate()
	if message := s.rules.payloads.Lacks(settings.Payload); message != "" {
		wrong = append(wrong, problem.Field{Field: "payload", Message: message})
	}
	if fields = append(fields, wrong...); len(fields) > 0 {
		return Preview{}, refuse(fields)
	}
	page, err := s.hub.Search(ctx, event.Query{Limit: previewEvents})
	if err != nil {
		return Preview{}, err
	}
	filter := event.Filter{Types: set, Cameras: settings.Cameras, Sources: settings.Sources, Conditions: conditions}
	p := Preview{Examined: len(page.Events), Sent: func(e *event.Event) []byte { return s.rules.payloads.Encode(e, settings.Payload) }}
	for _, e := range page.Events {
		if filter.Match(e) {
			p.Matching = append(p.Matching, e)
		}
	}
	return p, nil
}
