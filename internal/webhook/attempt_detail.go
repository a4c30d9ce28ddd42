package webhook

import (
	"context"
	"errors"
	"net/http"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/webhook/send"
)

// AttemptDetail is an attempt with its request.
type AttemptDetail struct {
	Attempt delivery.Attempt
	// Method, URL and Headers are those of the request; URL and the secrets are
	// the webhook's current ones. Moved says that the webhook was changed since the
	// attempt, so that they may differ.
	Method, URL string
	Moved       bool
	Headers     []send.SentHeader
	// Event is the event that was sent; nil once retention has removed it. Body is
	// the request's body, encoded with the webhook's current payload setting.
	Event *event.Event
	Body  []byte
}

// AttemptDetail returns one of a webhook's attempts with its request. Its errors
// are ErrNotFound, also for a removed webhook, and ErrNoAttempt.
func (s *Service) AttemptDetail(ctx context.Context, id, attempt string) (AttemptDetail, error) {
	kept, _, err := s.lookUp(id)
	if err != nil {
		return AttemptDetail{}, err
	}
	a, err := s.Attempt(ctx, id, attempt)
	if err != nil {
		return AttemptDetail{}, err
	}
	x := AttemptDetail{Attempt: a, Method: http.MethodPost, URL: kept.URL, Moved: kept.UpdatedAt.After(a.At)}
	x.Event, err = s.hub.At(ctx, a.Seq)
	if errors.Is(err, event.ErrNotFound) {
		return x, nil // without the event there are no headers to show
	}
	if err != nil {
		return AttemptDetail{}, err
	}
	if kept.Unreadable != nil {
		return AttemptDetail{}, kept.Unreadable
	}
	x.Body = s.rules.payloads.Encode(x.Event, kept.Settings.Payload)
	x.Headers = send.SentHeaders(&kept.Endpoint, kept.Secrets, send.Request{Event: x.Event, Replay: a.Replay}, x.Body, a.At, s.agent())
	return x, nil
}
