package eventlist

import (
	"postern/internal/delivery"
	"postern/internal/event"
)

// deliveryStates are all states, in the order in which counts name them.
var deliveryStates = []delivery.DeliveryState{
	delivery.Exhausted, delivery.Retrying, delivery.Waiting, delivery.Delivered, delivery.Skipped, delivery.Suppressed, delivery.Unknown,
}

// AllFinal reports whether no delivery changes its state unless a person acts.
func AllFinal(deliveries []delivery.Delivery) bool {
	for i := range deliveries {
		if !deliveries[i].Final() {
			return false
		}
	}
	return true
}

// DeliveryMeaning maps a delivery's state to the meaning of an event, so that a colour means one thing.
func DeliveryMeaning(s delivery.DeliveryState) event.Meaning {
	switch s {
	case delivery.Delivered:
		return event.Confirmed
	case delivery.Retrying:
		return event.Attention
	case delivery.Exhausted:
		return event.Alert
	default:
		return event.Routine
	}
}

// DeliveryIcon names the icon of a delivery's state. Each has a shape of its own.
func DeliveryIcon(s delivery.DeliveryState) string {
	switch s {
	case delivery.Delivered:
		return "check"
	case delivery.Retrying:
		return "again"
	case delivery.Exhausted:
		return "cross"
	case delivery.Skipped:
		return "passed"
	case delivery.Suppressed:
		return "pause"
	case delivery.Unknown:
		return "unknown"
	default:
		return "clock"
	}
}
