package webhook

import (
	"context"

	"postern/internal/problem"
)

// Resend sends one event to a webhook again, whether it matches or not. Only
// announcements about the webhook itself are never sent to it. Its errors are
// ErrNotFound, event.ErrNotFound, *problem.Error and ErrStopped.
func (s *Service) Resend(ctx context.Context, id, eventID string) error {
	e, err := s.hub.Find(ctx, eventID, func(string) bool { return true })
	if err != nil {
		return err
	}
	if e.AnnouncedWebhook() == id {
		return &problem.Error{Code: problem.Invalid, Detail: "This event tells of the webhook itself, and is never sent to it."}
	}
	_, w, err := s.lookUp(id)
	if err != nil {
		return err
	}
	return w.Resend(ctx, e)
}

// ResendExhausted sends all exhausted events of a webhook again, and returns
// their number.
func (s *Service) ResendExhausted(ctx context.Context, id string) (int, error) {
	_, w, err := s.lookUp(id)
	if err != nil {
		return 0, err
	}
	return w.ResendExhausted(ctx)
}
