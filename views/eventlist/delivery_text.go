package eventlist

import (
	"strconv"

	"postern/views/endpoint"
	"postern/views/ui"
)

// text names the state.
func (d Delivery) StateText() string {
	switch {
	case d.State == DeliveryDelivered:
		return "Delivered"
	case d.OnHold():
		return "Waiting, " + string(d.Webhook)
	case d.State == DeliveryWaiting && !d.DeliveredAt.IsZero():
		return "Being sent again"
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
		return "Held back"
	default:
		return "No record"
	}
}

// BadgeText says in a few words what the mark of a delivery means.
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
		return "Held back from " + host + " by storm control"
	default:
		return "No record for " + host
	}
}

// Explanation says what a delivery's state means and what follows.
func (d Delivery) Explanation() string {
	switch {
	case d.OnHold() && d.Webhook == endpoint.StatePaused:
		return "The webhook is paused: this event is sent once somebody resumes it."
	case d.OnHold():
		return "The webhook is disabled: this event is sent once somebody resumes it."
	case d.State == DeliveryRetrying && d.Webhook == endpoint.StateFailing:
		return "The webhook is failing: this event is queued until the receiver answers, and uses up no attempts."
	case d.State == DeliveryWaiting && d.Webhook == endpoint.StateFailing:
		return "The webhook is failing: this event is sent once the receiver answers."
	case d.State == DeliveryExhausted:
		return ui.Counted(int64(d.Tries), "attempt", "attempts") + " failed. Resend the event once the receiver works."
	case d.State == DeliverySkipped && d.Webhook == "":
		return "The webhook was removed before the event was delivered."
	case d.State == DeliverySkipped:
		return "Somebody started the webhook from now, which dropped its backlog."
	case d.State == DeliveryHeldBack:
		return "The event repeated one that was sent within the storm window."
	case d.State == DeliveryUnknown:
		return "The record of this delivery is no longer kept."
	}
	return ""
}

// AttemptCount says how often a delivery was tried.
func (d Delivery) AttemptCount() string {
	if d.Tries > len(d.Attempts) {
		return "the newest " + strconv.Itoa(len(d.Attempts)) + " of " + ui.Counted(int64(d.Tries), "attempt", "attempts")
	}
	return ui.Counted(int64(d.Tries), "attempt", "attempts")
}

// ResendLabel is what sending a delivery once more does.
func (d Delivery) ResendLabel() string {
	if d.final() || !d.DeliveredAt.IsZero() {
		return "Send again"
	}
	return "Send now"
}
