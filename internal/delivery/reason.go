package delivery

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"postern/internal/event"
)

// Rule is what keeps an event from an endpoint.
type Rule string

// The rules. Their names are part of the API and never change.
const (
	NoRule        Rule = ""
	RuleType      Rule = "event_type"
	RuleCamera    Rule = "camera"
	RuleSource    Rule = "source"
	RuleCondition Rule = "condition"
	RuleOwnState  Rule = "own_state"     // it announces the endpoint's own state
	RuleSilenced  Rule = "silenced"      // a silence was active when it arrived
	RuleStorm     Rule = "storm_control" // it repeats one that was sent shortly before
	RuleSkipped   Rule = "skipped"       // a person resumed the endpoint from now on
	RuleRemoved   Rule = "removed"       // a person removed the endpoint
	RuleLater     Rule = "registered_later"
	// RuleUnknown says that the settings of that time aren't known.
	RuleUnknown Rule = "settings_unknown"
	// RuleErased says that the event's data was erased, so that it is unknown whether
	// it passed the conditions.
	RuleErased Rule = "erased"
)

// Reason is why an event isn't sent to an endpoint. Its zero value is none.
type Reason struct {
	Rule Rule
	// Event is the event that the settings leave out; nil for the other rules.
	Event *event.Event
	// Version has the settings by which that was decided; nil for none.
	Version *SettingsVersion
	// Test is the test that the event's data doesn't pass, of RuleCondition.
	Test event.FailedTest
	// At is when a person skipped the event, when the endpoint was registered, from
	// when on its settings are known, or when the data was erased; zero where none
	// of these decided, or it is unknown.
	At time.Time
}

// Bounds of a reason's sentence.
const (
	maxNamedInReason = 4   // cameras or sources
	maxValueInReason = 120 // bytes of a value
)

// WithoutEvent returns the reason without anything that the event says, for a principal
// that may not read events.
func (r Reason) WithoutEvent() Reason {
	r.Event, r.Test.Value = nil, nil
	return r
}

// Sentence says in a sentence why the event isn't sent; empty for NoRule.
func (r *Reason) Sentence() string {
	switch r.Rule {
	case RuleType:
		return r.leftOut("takes", "took", joinNames(r.Version.Types.Names()), func(e *event.Event) string { return "is " + e.Type.String() })
	case RuleCamera:
		return r.leftOut("takes", "took", "only events of "+joinNames(r.Version.Settings.Cameras), func(e *event.Event) string {
			if e.Camera == "" {
				return "has no camera"
			}
			return "is of " + e.Camera
		})
	case RuleSource:
		return r.leftOut("takes", "took", "only events from "+joinNames(r.Version.Settings.Sources),
			func(e *event.Event) string { return "is from " + e.Source })
	case RuleCondition:
		return r.leftOut("requires", "required", r.condition(), func(*event.Event) string {
			if r.Test.Value == nil {
				return "has no " + r.Test.Field
			}
			return "has " + clipValue(string(r.Test.Value))
		})
	case RuleOwnState:
		return "The event announces the state of this webhook itself, and is never sent to it."
	case RuleSilenced:
		return "A silence was active when the event arrived, and the webhook leaves out silenced events."
	case RuleStorm:
		return "Storm control held the event back: " + r.stormCause()
	case RuleSkipped:
		return "A person resumed the webhook from now on, which skipped its backlog and this event with it."
	case RuleRemoved:
		return "A person removed the webhook before the event was delivered."
	case RuleLater:
		return "The webhook was registered after this event had arrived."
	case RuleUnknown:
		return "The settings that the webhook had when this event arrived are unknown."
	case RuleErased:
		return "The event's data was erased, so that it is unknown whether it met the webhook's conditions."
	}
	return ""
}

// leftOut says what the settings take, in the tense in which they decided, and how the
// event differs.
func (r *Reason) leftOut(now, before, taken string, differs func(*event.Event) string) string {
	verb := now
	if !r.Version.Until.IsZero() {
		verb = before
	}
	if r.Event == nil {
		return fmt.Sprintf("The webhook %s %s.", verb, taken)
	}
	return fmt.Sprintf("The webhook %s %s; this event %s.", verb, taken, differs(r.Event))
}

// condition writes the test that the event doesn't pass.
func (r *Reason) condition() string {
	t := &r.Test
	switch {
	case t.Operator == "exists" && string(t.Want) == "true":
		return "the field " + t.Field
	case t.Operator == "exists":
		return "that there is no field " + t.Field
	default:
		return t.Field + " " + t.Operator + " " + clipValue(string(t.Want))
	}
}

func (r *Reason) stormCause() string {
	const like = "an event with the same camera, type and identity was sent"
	if r.Version == nil || r.Version.Settings.StormSeconds == 0 {
		return like + " shortly before."
	}
	return fmt.Sprintf("%s less than %d s before.", like, r.Version.Settings.StormSeconds)
}

// joinNames writes names as a list, the first few of many.
func joinNames(names []string) string {
	if len(names) > maxNamedInReason+1 {
		names = append(names[:maxNamedInReason:maxNamedInReason], fmt.Sprintf("%d more", len(names)-maxNamedInReason))
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// clipValue shortens a value at a rune's edge.
func clipValue(s string) string {
	if len(s) <= maxValueInReason {
		return s
	}
	n := maxValueInReason
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
