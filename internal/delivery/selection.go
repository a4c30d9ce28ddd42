package delivery

import "postern/internal/event"

// Selection decides which events are sent to an endpoint. The delivery worker, counts
// of backlogs and the explanation of an event's deliveries all decide by it.
type Selection struct {
	EndpointID string
	Filter     event.Filter
	// SkipSilenced leaves out the events that a silence has silenced.
	SkipSilenced bool
}

// Selection returns the selection of the endpoint's present settings.
func (e *Endpoint) Selection() Selection {
	return Selection{EndpointID: e.ID, Filter: e.Filter, SkipSilenced: e.Settings.SkipSilenced}
}

// Match reports whether an event is sent to the endpoint.
func (s *Selection) Match(e *event.Event) bool { return s.Decide(e) == NoRule }

// Decide returns the rule that keeps an event from the endpoint; NoRule for an event
// that is sent.
func (s *Selection) Decide(e *event.Event) Rule {
	switch s.Filter.Failed(e) {
	case event.PartTypes:
		return RuleType
	case event.PartCameras:
		return RuleCamera
	case event.PartSources:
		return RuleSource
	case event.PartConditions:
		return RuleCondition
	default: // an endpoint's filter has no other part
		return s.DecideFiltered(e)
	}
}

// DecideFiltered is Decide for an event that has passed the filter.
func (s *Selection) DecideFiltered(e *event.Event) Rule {
	if about := e.AnnouncedWebhook(); about != "" && about == s.EndpointID {
		return RuleOwnState // a receiver that fails would fail again
	}
	if s.SkipSilenced && e.Silence != 0 {
		return RuleSilenced
	}
	return NoRule
}
