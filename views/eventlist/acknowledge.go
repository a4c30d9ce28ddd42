package eventlist

import (
	"context"

	"postern/internal/alert"
	"postern/internal/event"
)

// Alert is an event that needs a person, with its acknowledgement.
type Alert struct {
	Event *event.Event
	alert.Acknowledgement
}

// acknowledgementsKey is the key of the acknowledgements in a context.
type acknowledgementsKey struct{}

// WithAcknowledgements lets rows that are rendered with the context say who
// acknowledged their alerts, by sequence number.
func WithAcknowledgements(ctx context.Context, of map[int64]alert.Acknowledgement) context.Context {
	return context.WithValue(ctx, acknowledgementsKey{}, of)
}

// acknowledgementOf returns an event's acknowledgement; known is false for an open
// alert, and for an event that is no alert.
func acknowledgementOf(ctx context.Context, seq int64) (a alert.Acknowledgement, known bool) {
	of, _ := ctx.Value(acknowledgementsKey{}).(map[int64]alert.Acknowledgement)
	a, known = of[seq]
	return a, known
}
