package eventlist

import (
	"context"

	"postern/internal/delivery"
	"postern/views/ui"
)

// deliveriesKey is the key of the deliveries in a context.
type deliveriesKey struct{}

// WithDeliveries gives rows that are rendered with the context their deliveries, by
// the event's id. For a row without them, such as one that arrives live, the browser
// requests the badges.
func WithDeliveries(ctx context.Context, of map[string][]delivery.Delivery) context.Context {
	return context.WithValue(ctx, deliveriesKey{}, of)
}

// deliveriesOf returns an event's deliveries; known is false if they weren't looked
// up.
func deliveriesOf(ctx context.Context, id string) (deliveries []delivery.Delivery, known bool) {
	of, _ := ctx.Value(deliveriesKey{}).(map[string][]delivery.Delivery)
	deliveries, known = of[id]
	return deliveries, known
}

// maxBadges is the largest number of badges in a row; more webhooks are counted by
// state.
const maxBadges = 5

// stateCount is the number of an event's deliveries in a state.
type stateCount struct {
	state delivery.DeliveryState
	count int
}

// text describes the count.
func (m stateCount) text() string {
	return DeliveryText(&delivery.Delivery{State: m.state}) + " at " + ui.Counted(int64(m.count), "webhook", "webhooks")
}

// countStates counts deliveries by state.
func countStates(deliveries []delivery.Delivery) (sums []stateCount) {
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
