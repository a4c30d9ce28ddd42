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
	return s.sendSample(ctx, &kept.Endpoint, kept.Secrets, kind)
}

// sendSample sends a sample of a type over a connection of its own.
func (s *Service) sendSample(
	ctx context.Context, to *delivery.Endpoint, secrets delivery.Secrets, kind event.Type,
) (delivery.TestResult, error) {
	c, err := send.NewClient(to, secrets, s.rules.guard, s.rules.payloads, s.agent())
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

// TestURL sends a sample to a URL that isn't registered, signed if there is a secret.
// It says whether the receiver can be reached. The URL and the secret must be ones
// that could be registered; its other errors are those of Test.
func (s *Service) TestURL(ctx context.Context, rawURL, secret string) (delivery.TestResult, error) {
	if _, _, err := s.rules.check(rawURL, []string{"*"}, secret, new(delivery.Settings)); err != nil {
		return delivery.TestResult{}, err
	}
	return s.sendSample(ctx, &delivery.Endpoint{URL: rawURL}, delivery.NewSecrets(secret), event.FaceMatched)
}
