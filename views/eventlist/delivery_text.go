package eventlist

import (
	"strconv"

	"postern/internal/delivery"
	"postern/views/ui"
)

// DeliveryText names a delivery's state.
func DeliveryText(d *delivery.Delivery) string {
	switch {
	case d.State == delivery.Delivered:
		return "Delivered"
	case d.OnHold():
		return "Waiting, webhook " + string(d.Webhook)
	case d.State == delivery.Waiting && !d.DeliveredAt.IsZero():
		return "Resending"
	case d.State == delivery.Waiting:
		return "Waiting"
	case d.State == delivery.Retrying:
		return "Retrying"
	case d.State == delivery.Exhausted:
		return "Exhausted"
	case d.State == delivery.Skipped && d.Webhook == "":
		return "Not delivered"
	case d.State == delivery.Skipped:
		return "Skipped"
	case d.State == delivery.Suppressed:
		return "Suppressed"
	default:
		return "No record"
	}
}

// badgeText is the tooltip of a delivery's badge.
func badgeText(d *delivery.Delivery) string {
	host, _ := ui.SplitURL(d.URL)
	switch {
	case d.State == delivery.Delivered:
		return "Delivered to " + host
	case d.OnHold():
		return "Waiting for " + host + ", which is " + string(d.Webhook)
	case d.State == delivery.Waiting:
		return "Waiting for " + host
	case d.State == delivery.Retrying:
		return "Failed at " + host + ", will be retried"
	case d.State == delivery.Exhausted:
		return "Exhausted for " + host
	case d.State == delivery.Skipped:
		return "Not sent to " + host
	case d.State == delivery.Suppressed:
		return "Suppressed for " + host + " by storm control"
	default:
		return "No record for " + host
	}
}

// Explanation says what a delivery's state means, and what to do.
func Explanation(d *delivery.Delivery) string {
	switch {
	case d.OnHold() && d.Webhook == delivery.Paused:
		return "The webhook is paused. This event is sent when the webhook is resumed."
	case d.OnHold():
		return "The webhook is disabled. This event is sent when the webhook is resumed."
	case d.State == delivery.Retrying && d.Webhook == delivery.Failing:
		return "The webhook is failing. This event is queued until the receiver responds, and uses no attempts."
	case d.State == delivery.Waiting && d.Webhook == delivery.Failing:
		return "The webhook is failing. This event is sent when the receiver responds."
	case d.State == delivery.Exhausted:
		return ui.Counted(int64(d.AttemptCount), "attempt", "attempts") + " failed. Resend the event once the receiver works."
	case d.State == delivery.Skipped, d.State == delivery.Suppressed:
		return d.Reason.Sentence()
	case d.State == delivery.Unknown:
		return "The record of this delivery is no longer kept."
	}
	return ""
}

// AttemptsInWords counts a delivery's attempts.
func AttemptsInWords(d *delivery.Delivery) string {
	if d.AttemptCount > len(d.Attempts) {
		return "the newest " + strconv.Itoa(len(d.Attempts)) + " of " + ui.Counted(int64(d.AttemptCount), "attempt", "attempts")
	}
	return ui.Counted(int64(d.AttemptCount), "attempt", "attempts")
}

// ResendLabel is the label of the button that resends the event.
func ResendLabel(d *delivery.Delivery) string {
	if d.Final() || !d.DeliveredAt.IsZero() {
		return "Resend event"
	}
	return "Send now"
}
