package views

import (
	"context"
	"strconv"
	"time"

	"postern/internal/event"
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
	Webhook State
	State   DeliveryState
	// DeliveredAt is when it arrived first, NextTry when it is tried again.
	DeliveredAt, NextTry time.Time
	Tries                int
	Last                 *Attempt
	Attempts             []Attempt // oldest first
}

// deliveriesKey is where a context carries what became of the events on a
// page.
type deliveriesKey struct{}

// WithDeliveries lets the rows of events that are rendered with the context
// show their deliveries, by the event's id. A row is rendered in many places,
// and one that arrives live before anything is known: what a context doesn't
// have, the page asks for by itself.
func WithDeliveries(ctx context.Context, of map[string][]Delivery) context.Context {
	return context.WithValue(ctx, deliveriesKey{}, of)
}

// deliveriesOf returns an event's deliveries; known is false where nobody
// looked them up.
func deliveriesOf(ctx context.Context, id string) (deliveries []Delivery, known bool) {
	of, _ := ctx.Value(deliveriesKey{}).(map[string][]Delivery)
	deliveries, known = of[id]
	return deliveries, known
}

// final reports whether nothing more becomes of a delivery by itself.
func (d Delivery) final() bool { return d.State != DeliveryWaiting && d.State != DeliveryRetrying }

func allFinal(deliveries []Delivery) bool {
	for _, d := range deliveries {
		if !d.final() {
			return false
		}
	}
	return true
}

// held reports whether a delivery waits for a person.
func (d Delivery) held() bool {
	return !d.final() && (d.Webhook == StatePaused || d.Webhook == StateDisabled)
}

// meaning puts the states of deliveries on the scale that events have.
func (s DeliveryState) meaning() event.Meaning {
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

// icon names the state's mark, each of its own shape.
func (s DeliveryState) icon() string {
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

// words names the state.
func (d Delivery) words() string {
	switch {
	case d.State == DeliveryDelivered:
		return "Delivered"
	case d.held():
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

// mark says in a few words what the mark of a delivery means.
func (d Delivery) mark() string {
	host, _ := splitURL(d.URL)
	switch {
	case d.State == DeliveryDelivered:
		return "Delivered to " + host
	case d.held():
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

// explained says what a delivery's state means and what follows.
func (d Delivery) explained() string {
	switch {
	case d.held() && d.Webhook == StatePaused:
		return "The webhook is paused: this event is sent once somebody resumes it."
	case d.held():
		return "The webhook is disabled: this event is sent once somebody resumes it."
	case d.State == DeliveryRetrying && d.Webhook == StateFailing:
		return "The webhook is failing: this event is queued until the receiver answers, and uses up no attempts."
	case d.State == DeliveryWaiting && d.Webhook == StateFailing:
		return "The webhook is failing: this event is sent once the receiver answers."
	case d.State == DeliveryExhausted:
		return Counted(int64(d.Tries), "attempt", "attempts") + " failed. Resend the event once the receiver works."
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

// maxMarks is how many webhooks have a mark each in a row; more are summed up.
const maxMarks = 5

// marksSum is how many of a row's deliveries are in a state.
type marksSum struct {
	state DeliveryState
	count int
}

// words says what a sum means.
func (m marksSum) words() string {
	return Delivery{State: m.state}.words() + " at " + Counted(int64(m.count), "webhook", "webhooks")
}

// sumMarks counts deliveries by state.
func sumMarks(deliveries []Delivery) (sums []marksSum) {
	for _, s := range deliveryStates {
		n := 0
		for _, d := range deliveries {
			if d.State == s {
				n++
			}
		}
		if n > 0 {
			sums = append(sums, marksSum{s, n})
		}
	}
	return sums
}

// others are the webhooks that an event wasn't for, where it can be sent all
// the same.
func (p EventProps) others() []Endpoint {
	var out []Endpoint
next:
	for _, e := range p.Endpoints {
		for _, d := range p.Deliveries {
			if d.WebhookID == e.ID {
				continue next
			}
		}
		out = append(out, e)
	}
	return out
}

// tries says how often a delivery was tried.
func (d Delivery) tries() string {
	if d.Tries > len(d.Attempts) {
		return "the newest " + strconv.Itoa(len(d.Attempts)) + " of " + Counted(int64(d.Tries), "attempt", "attempts")
	}
	return Counted(int64(d.Tries), "attempt", "attempts")
}

// again is what sending a delivery once more does.
func (d Delivery) again() string {
	if d.final() || !d.DeliveredAt.IsZero() {
		return "Send again"
	}
	return "Send now"
}

// inList names a webhook where there is only text.
func (e Endpoint) inList() string {
	host, path := splitURL(e.URL)
	name := tidy(host + path)
	if e.State != StateActive {
		name += " (" + string(e.State) + ")"
	}
	return name
}
