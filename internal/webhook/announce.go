package webhook

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
	"postern/internal/journal"
)

// maxAnnouncements bounds the changes of state that wait to be told. With
// more, the rest is only logged and recorded.
const maxAnnouncements = 1000

// maxOpenings bounds the opening announcements of one state: an endpoint is
// failing and then disabled, and no state leads back to failing but by an end.
const maxOpenings = 10

// announcementID is the id of an announcement about an endpoint. It is derived
// from the change of state, so the id of the announcement that opened a state
// is still known after a restart.
func announcementID(endpoint string, kind event.Kind, at time.Time) string {
	return endpoint + "-" + string(kind) + "-" + strconv.FormatInt(at.UnixMicro(), 36)
}

// opens returns the kind of announcement that opens a state; empty for a state
// without a problem.
func opens(s State) event.Kind {
	switch s {
	case Failing:
		return event.WebhookFailing
	case Disabled:
		return event.WebhookDisabled
	default:
		return ""
	}
}

// announcementWords follow the endpoint's host in the message and precede the
// cause.
var announcementWords = map[event.Kind]string{
	event.WebhookFailing:   " is failing. Its events are kept, and Postern checks the receiver until it answers.",
	event.WebhookDisabled:  " was disabled. Nothing is sent to it until somebody resumes it.",
	event.WebhookRecovered: " recovered.",
	event.WebhookResumed:   " was resumed.",
	event.WebhookPaused:    " was paused.",
	event.WebhookRemoved:   " was removed.",
}

// announce queues an announcement about an endpoint. It never blocks: lanes
// call it. resolves are the ids of the announcements whose state ends with the
// change; nil for a change that ends no state.
func (s *Service) announce(e *journal.Endpoint, kind event.Kind, change journal.StateChange, resolves []string) {
	public := Public(e)
	announced, err := event.Announcement{
		Module: "webhooks", Kind: kind, WebhookID: e.ID, Host: public.Host(), Resolves: resolves,
		Message: strings.TrimSpace("The webhook to " + public.Host() + announcementWords[kind] + " " + change.Cause),
	}.Event(announcementID(e.ID, kind, change.At), change.At)
	if err != nil {
		s.opts.Logger.Error("change of state not told", slog.Any("error", err))
		return
	}
	select {
	case s.announcements <- announced:
	default:
		s.opts.Logger.Error("change of state not told: too many wait", slog.String("webhook", e.ID))
	}
}

// announceChange announces a change of state that the lane has made.
func (l *lane) announceChange(to State, change journal.StateChange) {
	if kind := opens(to); kind != "" {
		l.openings = append(l.openings, announcementID(l.endpoint.ID, kind, change.At))
		l.announce(l.endpoint, kind, change, nil)
		return
	}
	l.announceEnd(event.WebhookRecovered, change)
}

// announceEnd announces that the endpoint no longer is failing or disabled.
func (l *lane) announceEnd(kind event.Kind, change journal.StateChange) {
	resolves := l.openings
	if resolves == nil {
		resolves = []string{} // the state began before opening announcements existed
	}
	l.openings = nil
	l.announce(l.endpoint, kind, change, resolves)
}

// announceChoice announces the end of a state by a person's decision, before
// the lane applies the decision.
func (l *lane) announceChoice(to State, change journal.StateChange) {
	switch {
	case opens(l.health.state) == "":
	case to == Active:
		l.announceEnd(event.WebhookResumed, change)
	case to == Paused:
		l.announceEnd(event.WebhookPaused, change)
	}
}

// loadOpenings finds the announcements that opened the state that the endpoint
// is in.
func (l *lane) loadOpenings(ctx context.Context) error {
	changes, err := l.journal.StateChanges(ctx, l.endpoint.N, maxOpenings)
	if err != nil {
		return err
	}
	l.openings = nil
	for _, change := range changes { // newest first
		kind := opens(State(change.State))
		if kind == "" {
			break
		}
		l.openings = append(l.openings, announcementID(l.endpoint.ID, kind, change.At))
	}
	slices.Reverse(l.openings)
	return nil
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
	if !e.Own() || e.Type != event.SystemError {
		return false
	}
	for _, f := range e.Fields() {
		if f.Name == "webhook_id" {
			return f.Text() == endpoint
		}
	}
	return false
}
