package delivery

import "time"

// DeliveryState is the state of an event's delivery to one webhook.
type DeliveryState string

// The states of a delivery.
const (
	Delivered  DeliveryState = "delivered" // the receiver answered with 2xx
	Waiting    DeliveryState = "waiting"   // not sent yet, or being resent
	Retrying   DeliveryState = "retrying"  // failed, and will be retried
	Exhausted  DeliveryState = "exhausted" // no attempts are left
	Skipped    DeliveryState = "skipped"   // a person skipped it, or removed the webhook
	Suppressed DeliveryState = "held_back" // by storm control
	Unknown    DeliveryState = "unknown"   // its record has been removed
	NotSent    DeliveryState = "not_sent"  // the event isn't for the webhook
)

// Delivery is the delivery of an event to one webhook.
type Delivery struct {
	WebhookID, URL string
	// Attempts are the recorded attempts, oldest first.
	Attempts []Attempt
	// Pending is the stored state of a delivery that is neither delivered nor
	// skipped, or is being resent; nil for none.
	Pending *Pending
	// Unsent is the record that the event wasn't sent; nil for none.
	Unsent *Unsent

	// Webhook is the webhook's own state; empty for a removed one. Deliveries to a
	// paused or disabled webhook wait.
	Webhook State
	State   DeliveryState
	// Reason is why the event isn't sent, in the states Skipped, Suppressed and
	// NotSent.
	Reason Reason
	// DeliveredAt is when it was delivered first, even if it is being resent.
	DeliveredAt time.Time
	// NextAttempt is when the next retry is due. Those of a failing webhook wait
	// until a probe succeeds.
	NextAttempt time.Time
	// AttemptCount is the number of recorded attempts, Last the newest; nil for
	// none.
	AttemptCount int
	Last         *Attempt
}

// Derive sets the state, and the other fields that follow from Attempts and Pending.
func (d *Delivery) Derive() {
	d.AttemptCount = len(d.Attempts)
	for i := range d.Attempts {
		if d.Attempts[i].OK() {
			d.DeliveredAt = d.Attempts[i].Ended()
			break
		}
	}
	if n := len(d.Attempts); n > 0 {
		d.Last = &d.Attempts[n-1]
	}
	switch p := d.Pending; {
	case p == nil && !d.DeliveredAt.IsZero():
		d.State = Delivered
	case p == nil:
		d.State = Skipped // it failed, and its retry was dropped
	case p.Due.IsZero():
		d.State = Exhausted
	case d.Last == nil || d.Last.OK() || p.Attempts == 0 && p.Replay:
		d.State = Waiting
	default:
		d.State, d.NextAttempt = Retrying, p.Due
	}
}

// Final reports whether the delivery's state changes only if a person acts.
func (d *Delivery) Final() bool { return d.State != Waiting && d.State != Retrying }

// OnHold reports whether the delivery waits for a person to resume its webhook.
func (d *Delivery) OnHold() bool {
	return !d.Final() && d.Webhook.Suspended()
}
