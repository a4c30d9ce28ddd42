package webhook

import (
	"context"
	"errors"
	"net/http"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Exchange is an attempt with what was sent.
type AttemptDetail struct {
	Attempt delivery.Attempt
	// Method, URL and Headers are what the request had; URL as the webhook has
	// it now. Moved says that the webhook was changed since, so that this may
	// differ.
	Method, URL string
	Moved       bool
	Headers     []send.SentHeader
	// Event is what it was about; nil once retention has removed it. Body is
	// what was sent of it, with the payload that the webhook has now.
	Event *event.Event
	Body  []byte
}

// Exchange returns one of a webhook's attempts with what was sent. Its errors
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
		return x, nil // nothing is left to tell of its headers
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
