package eventlist

import (
	"time"

	"postern/internal/delivery"

	"postern/internal/event"
	"postern/views/endpoint"
)

// DeliveryState is the state of a delivery.
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

// deliveryStates are all states, in the order in which counts name them.
var deliveryStates = []DeliveryState{
	DeliveryExhausted, DeliveryRetrying, DeliveryWaiting, DeliveryDelivered, DeliverySkipped, DeliveryHeldBack, DeliveryUnknown,
}

// Delivery is the delivery of one event to one webhook.
type Delivery struct {
	WebhookID, URL string
	// Webhook is the webhook's state; empty if it was removed.
	Webhook delivery.State
	State   DeliveryState
	// DeliveredAt is when the event was delivered first, NextAttempt when the next attempt
	// is due.
	DeliveredAt, NextAttempt time.Time
	AttemptCount             int
	Last                     *endpoint.Attempt
	Attempts                 []endpoint.Attempt // oldest first
}

// final reports whether the delivery's state changes only if a person acts.
func (d Delivery) final() bool { return d.State != DeliveryWaiting && d.State != DeliveryRetrying }

func AllFinal(deliveries []Delivery) bool {
	for _, d := range deliveries {
		if !d.final() {
			return false
		}
	}
	return true
}

// OnHold reports whether a delivery waits for a person to resume its webhook.
func (d Delivery) OnHold() bool {
	return !d.final() && (d.Webhook == delivery.Paused || d.Webhook == delivery.Disabled)
}

// Meaning maps a state to the meaning of an event, so that a colour means one thing.
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

// Icon names the state's icon. Each has a shape of its own.
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
