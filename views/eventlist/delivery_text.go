package eventlist

import (
	"strconv"

	"postern/internal/delivery"

	"postern/views/ui"
)

// StateText names the state.
func (d Delivery) StateText() string {
	switch {
	case d.State == DeliveryDelivered:
		return "Delivered"
	case d.OnHold():
		return "Waiting, webhook " + string(d.Webhook)
	case d.State == DeliveryWaiting && !d.DeliveredAt.IsZero():
		return "Resending"
	case d.State == DeliveryWaiting:
		return "Waiting"
	case d.State == DeliveryRetrying:
		return "Retrying"
	case d.State == DeliveryExhausted:
		return "Exhausted"
	case d.State == DeliverySkipped && d.Webhook == "":
		return "Not delivered"
	case d.State == DeliverySkipped:
		return "Skipped"
	case d.State == DeliveryHeldBack:
		return "Suppressed"
	default:
		return "No record"
	}
}

// BadgeText is the tooltip of a delivery's badge.
func (d Delivery) BadgeText() string {
	host, _ := ui.SplitURL(d.URL)
	switch {
	case d.State == DeliveryDelivered:
		return "Delivered to " + host
	case d.OnHold():
		return "Waiting for " + host + ", which is " + string(d.Webhook)
	case d.State == DeliveryWaiting:
		return "Waiting for " + host
	case d.State == DeliveryRetrying:
		return "Failed at " + host + ", will be retried"
	case d.State == DeliveryExhausted:
		return "Exhausted for " + host
	case d.State == DeliverySkipped:
		return "Not sent to " + host
	case d.State == DeliveryHeldBack:
		return "Suppressed for " + host + " by storm control"
	default:
		return "No record for " + host
	}
}

// Explanation says what a delivery's state means, and what to do.
func (d Delivery) Explanation() string {
	switch {
	case d.OnHold() && d.Webhook == delivery.Paused:
		return "The webhook is paused. This event is sent when the webhook is resumed."
	case d.OnHold():
		return "The webhook is disabled. This event is sent when the webhook is resumed."
	case d.State == DeliveryRetrying && d.Webhook == delivery.Failing:
		return "The webhook is failing. This event is queued until the receiver responds, and uses no attempts."
	case d.State == DeliveryWaiting && d.Webhook == delivery.Failing:
		return "The webhook is failing. This event is sent when the receiver responds."
	case d.State == DeliveryExhausted:
		return ui.Counted(int64(d.AttemptCount), "attempt", "attempts") + " failed. Resend the event once the receiver works."
	case d.State == DeliverySkipped && d.Webhook == "":
		return "The webhook was removed before the event was delivered."
	case d.State == DeliverySkipped:
		return "The webhook's backlog was skipped, and this event with it."
	case d.State == DeliveryHeldBack:
		return "Storm control suppressed this event: it repeats one that was sent shortly before."
	case d.State == DeliveryUnknown:
		return "The record of this delivery is no longer kept."
	}
	return ""
}

// AttemptsInWords counts a delivery's attempts.
func (d Delivery) AttemptsInWords() string {
	if d.AttemptCount > len(d.Attempts) {
		return "the newest " + strconv.Itoa(len(d.Attempts)) + " of " + ui.Counted(int64(d.AttemptCount), "attempt", "attempts")
	}
	return ui.Counted(int64(d.AttemptCount), "attempt", "attempts")
}

// ResendLabel is the label of the button that resends the event.
func (d Delivery) ResendLabel() string {
	if d.final() || !d.DeliveredAt.IsZero() {
		return "Resend event"
	}
	return "Send now"
}
