package webhook

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
	"postern/internal/journal"
)

// maxAnnouncements bounds the changes of state that wait to be told. With
// more, the rest is only logged and recorded.
const maxAnnouncements = 1000

// announcement is the data of the system_error event that tells operators of
// a change.
type announcement struct {
	Module    string `json:"module"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	WebhookID string `json:"webhook_id"`
	Host      string `json:"host"`
}

// announce queues the event that tells of an endpoint which is failing or was
// disabled. It never waits: lanes call it.
func (s *Service) announce(e *journal.Endpoint, change journal.StateChange) {
	var words string
	switch State(change.State) {
	case Failing:
		words = " is failing. What waits for it is kept, and it is tried again until it answers. "
	case Disabled:
		words = " was disabled: nothing is sent to it until somebody resumes it. "
	default:
		return
	}
	public := publicEndpoint(e)
	data, err := json.Marshal(announcement{
		Module: "webhooks", Code: "webhook_" + change.State, WebhookID: e.ID, Host: public.Host(),
		Message: "The webhook to " + public.Host() + words + change.Cause,
	})
	if err != nil {
		s.opts.Logger.Error("change of state not told", slog.Any("error", err))
		return
	}
	told := &event.Event{
		ID: event.NewID(), Type: event.SystemError, Source: event.OwnSource,
		Time: change.At.UTC().Truncate(time.Microsecond), Data: data,
	}
	told.Seal()
	select {
	case s.announcements <- told:
	default:
		s.opts.Logger.Error("change of state not told: too many wait", slog.String("webhook", e.ID))
	}
}

// tell publishes announcements until ctx ends.
func (s *Service) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-s.announcements:
			for ctx.Err() == nil {
				_, err := s.hub.Publish(ctx, []*event.Event{e})
				if err == nil {
					break
				}
				s.opts.Logger.Error("change of state not told yet", slog.Any("error", err))
				select {
				case <-ctx.Done():
				case <-time.After(settleRetry):
				}
			}
		}
	}
}

// isAbout reports whether an event is Postern's own and about the endpoint
// itself: telling a receiver that it doesn't answer would only make it worse.
func isAbout(e *event.Event, endpoint string) bool {
	if e.Source != event.OwnSource || e.Type != event.SystemError {
		return false
	}
	for _, f := range e.Fields() {
		if f.Name == "webhook_id" {
			return f.Text() == endpoint
		}
	}
	return false
}
