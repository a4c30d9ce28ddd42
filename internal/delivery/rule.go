package delivery

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
