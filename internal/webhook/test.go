package webhook

import (
	"context"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/webhook/send"
)

// Test sends a signed sample of a type to a webhook, over a connection of its
// own. The attempt isn't stored, counts for nothing, and works in every state.
// Its errors are ErrNotFound and *problem.Error.
func (s *Service) Test(ctx context.Context, id string, typeName string) (delivery.TestResult, error) {
	kind, err := event.ParseType(typeName)
	if err != nil {
		return delivery.TestResult{}, &problem.Error{Code: problem.Invalid, Detail: "event_type: " + err.Error(),
			Fields: []problem.Field{{Field: "event_type", Message: err.Error()}}}
	}
	kept, _, err := s.lookUp(id)
	if err != nil {
		return delivery.TestResult{}, err
	}
	c, err := send.NewClient(&kept.Endpoint, kept.Secrets, s.rules.guard, s.rules.payloads, s.agent())
	if err != nil {
		return delivery.TestResult{}, err
	}
	defer c.Close()
	sample := &event.Event{
		ID: event.NewID(), Type: kind, Time: time.Now().UTC().Truncate(time.Microsecond),
		Source: event.OwnSource, Data: []byte(kind.Info().Example), Camera: "test",
	}
	sample.Finalize()
	return c.Test(ctx, sample)
}

// agent is the User-Agent of deliveries.
func (s *Service) agent() string { return "Postern/" + s.opts.Version }
