package webhook

import (
	"context"
	"errors"
	"net/http"
	"time"

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
	// Signed says that the headers have the values of the signatures that were sent.
	// They aren't stored, but made again: their values are left out where they may
	// differ, since the webhook or the event was changed.
	Signed bool
	// Event is the event that was sent; nil once retention has removed it. Body is
	// the request's body, encoded with the webhook's current payload setting.
	Event *event.Event
	Body  []byte
	// Delivery is the delivery that the attempt belongs to, with its other attempts;
	// nil without the event.
	Delivery *delivery.Delivery
}

// Committed returns when the event was committed; zero where that isn't known.
func (x *AttemptDetail) Committed() time.Time {
	switch {
	case x.Event == nil:
		return time.Time{}
	case x.Attempt.Timeline != nil && x.Attempt.Timeline.CommitTook > 0:
		return x.Event.Received.Add(x.Attempt.Timeline.CommitTook)
	case x.Event.CommitTook > 0:
		return x.Event.Received.Add(x.Event.CommitTook)
	}
	return time.Time{}
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
	sent := send.Request{Event: x.Event, Replay: a.Replay}
	x.Headers, x.Signed = send.SentHeaders(&kept.Endpoint, kept.Secrets, sent, x.Body, &a, !x.Moved && x.Event.Erased.IsZero(), s.agent())
	x.Delivery, err = s.deliveryTo(ctx, x.Event, id)
	return x, err
}

// deliveryTo returns an event's delivery to a webhook; nil for none.
func (s *Service) deliveryTo(ctx context.Context, e *event.Event, id string) (*delivery.Delivery, error) {
	all, err := s.EventDeliveries(ctx, e)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].WebhookID == id {
			return &all[i], nil
		}
	}
	return nil, nil //nolint:nilnil // an attempt may outlast the record of its delivery
}

// BandHours returns a webhook's attempts by hour and band, from one time to another:
// the hours with attempts, oldest first. since is from when on they are counted. It
// works for removed webhooks too. Its error is ErrNotFound.
func (s *Service) BandHours(ctx context.Context, id string, from, to time.Time) (hours []delivery.BandHour, since time.Time, err error) {
	hours, since, err = s.store.Deliveries.BandHours(ctx, id, from, to)
	return hours, since, notFound(err)
}
