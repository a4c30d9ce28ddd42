package eventlist

import (
	"time"

	"postern/internal/event"
	"postern/views/endpoint"
)

// DeliveryState is how far an event's delivery to a webhook has got.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryWaiting   DeliveryState = "waiting"
	DeliveryRetrying  DeliveryState = "retrying"
	DeliveryExhausted DeliveryState = "exhausted"
	DeliverySkipped   DeliveryState = "skipped"
	DeliveryHeldBack  DeliveryState = "held_back"
	DeliveryUnknown   DeliveryState = "unknown"
)

// deliveryStates are all of them, in the order they are told.
var deliveryStates = []DeliveryState{
	DeliveryExhausted, DeliveryRetrying, DeliveryWaiting, DeliveryDelivered, DeliverySkipped, DeliveryHeldBack, DeliveryUnknown,
}

// Delivery is what became of an event at one webhook.
type Delivery struct {
	WebhookID, URL string
	// Webhook is the webhook's own state; empty where it was removed.
	Webhook endpoint.State
	State   DeliveryState
	// DeliveredAt is when it arrived first, NextTry when it is tried again.
	DeliveredAt, NextTry time.Time
	Tries                int
	Last                 *endpoint.Attempt
	Attempts             []endpoint.Attempt // oldest first
}

// final reports whether nothing more becomes of a delivery by itself.
func (d Delivery) final() bool { return d.State != DeliveryWaiting && d.State != DeliveryRetrying }

func AllFinal(deliveries []Delivery) bool {
	for _, d := range deliveries {
		if !d.final() {
			return false
		}
	}
	return true
}

// OnHold reports whether a delivery waits for a person.
func (d Delivery) OnHold() bool {
	return !d.final() && (d.Webhook == endpoint.StatePaused || d.Webhook == endpoint.StateDisabled)
}

// Meaning puts the states of deliveries on the scale that events have.
func (s DeliveryState) Meaning() event.Meaning {
	switch s {
	case DeliveryDelivered:
		return event.Confirmed
	case DeliveryRetrying:
		return event.Attention
	case DeliveryExhausted:
		return event.Alert
	default:
		return event.Routine
	}
}

// Icon names the state's mark, each of its own shape.
func (s DeliveryState) Icon() string {
	switch s {
	case DeliveryDelivered:
		return "check"
	case DeliveryRetrying:
		return "again"
	case DeliveryExhausted:
		return "cross"
	case DeliverySkipped:
		return "passed"
	case DeliveryHeldBack:
		return "pause"
	case DeliveryUnknown:
		return "unknown"
	default:
		return "clock"
	}
}
