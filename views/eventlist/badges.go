package eventlist

import (
	"context"

	"postern/views/ui"
)

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

// maxBadges is how many webhooks have a mark each in a row; more are summed up.
const maxBadges = 5

// stateCount is how many of a row's deliveries are in a state.
type stateCount struct {
	state DeliveryState
	count int
}

// text says what a sum means.
func (m stateCount) text() string {
	return Delivery{State: m.state}.StateText() + " at " + ui.Counted(int64(m.count), "webhook", "webhooks")
}

// countStates counts deliveries by state.
func countStates(deliveries []Delivery) (sums []stateCount) {
	for _, s := range deliveryStates {
		n := 0
		for _, d := range deliveries {
			if d.State == s {
				n++
			}
		}
		if n > 0 {
			sums = append(sums, stateCount{s, n})
		}
	}
	return sums
}
