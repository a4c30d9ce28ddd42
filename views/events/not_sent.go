package events

import (
	"postern/internal/delivery"
)

// maxNotSent bounds the webhooks in the table of those that don't get the event; openNotSent
// is how many are shown without a click.
const (
	maxNotSent  = 100
	openNotSent = 8
)

// ruleLabels name the rules that keep an event from a webhook.
var ruleLabels = map[delivery.Rule]string{
	delivery.RuleType:      "Event type",
	delivery.RuleCamera:    "Camera",
	delivery.RuleSource:    "Source",
	delivery.RuleCondition: "Condition",
	delivery.RuleOwnState:  "Own state",
	delivery.RuleLater:     "Registered later",
	delivery.RuleUnknown:   "Settings unknown",
	delivery.RuleErased:    "Data erased",
}

// sent returns the deliveries to webhooks that the event is for, or was sent to.
func (p Props) sent() []delivery.Delivery { return p.deliveries(false) }

// notSent returns the deliveries to webhooks that the event isn't for.
func (p Props) notSent() []delivery.Delivery { return p.deliveries(true) }

func (p Props) deliveries(notSent bool) []delivery.Delivery {
	var out []delivery.Delivery
	for i := range p.Deliveries {
		if (p.Deliveries[i].State == delivery.NotSent) == notSent {
			out = append(out, p.Deliveries[i])
		}
	}
	return out
}
