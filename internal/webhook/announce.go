package webhook

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// Rules of announcements.
const (
	// openingInterval is the minimum time between two announcements that a
	// webhook is failing.
	openingInterval = 10 * time.Minute
	// recoveredFor is how long a webhook has to stay recovered before that is
	// announced.
	recoveredFor = time.Minute
	// announceRetry is the wait after an announcement wasn't published.
	announceRetry = time.Second
	// maxAnnouncements is the number of announcements that are published in
	// one commit.
	maxAnnouncements = 100
)

// kindOf returns the kind in an announcement's id.
func kindOf(id string) event.Kind {
	_, rest, _ := strings.Cut(id, "-")
	kind, _, _ := strings.Cut(rest, "-")
	return event.Kind(kind)
}

// announcementWords follow the endpoint's host in the message. The cause
// follows them.
var announcementWords = map[event.Kind]string{
	event.WebhookFailing:   " is failing. Its events are kept, and Postern checks the receiver until it answers.",
	event.WebhookDisabled:  " was disabled. Nothing is sent to it until somebody resumes it.",
	event.WebhookRecovered: " recovered.",
	event.WebhookResumed:   " was resumed.",
	event.WebhookPaused:    " was paused.",
	event.WebhookRemoved:   " was removed.",
}

// announcements decides about the changes of one endpoint's state that may be
// announced, oldest first.
type announcements struct {
	waiting []deliveries.Announcement
	open    []string  // the published openings that no published ending resolves
	isOpen  bool      // there is one, though its id may not be known
	last    time.Time // when an opening was published last
}

// step decides about the oldest change: it is published, dropped, or waits until
// due. The announced state follows the real one slowly, so that an endpoint that
// changes its state again and again has one open alert:
//   - A failing endpoint is announced where none is open and openingInterval has
//     passed since the last opening.
//   - A recovery is announced once it has lasted for recoveredFor.
//   - A change by a person is announced at once, where it ends an announced problem.
//   - A disabled endpoint is always announced: a person has to act.
//
// It depends on the times of the changes, not on when it is called: after a
// crash it decides the same.
func (a *announcements) step(now time.Time) (publish bool, due time.Time) {
	first := a.waiting[0]
	switch kindOf(first.ID) {
	case event.WebhookDisabled:
		return true, now
	case event.WebhookFailing:
		if a.isOpen {
			return false, now
		}
		due = first.At
		if !a.last.IsZero() && !a.last.After(now) { // else the clock was set back
			if open := a.last.Add(openingInterval); open.After(due) {
				due = open
			}
		}
	case event.WebhookRecovered:
		if !a.isOpen {
			return false, now
		}
		due = first.At.Add(recoveredFor)
	default:
		return a.isOpen, now
	}
	if len(a.waiting) > 1 && a.waiting[1].At.Before(due) {
		return false, now // it was over before it was due
	}
	if first.At.After(now) { // the clock was set back
		due = now
	}
	return true, due
}

// next decides about the changes that are due. It returns the events to publish
// in order, the changes that aren't announced, and when the next decision is
// due; zero for never.
func (a *announcements) next(now time.Time) (publish []*event.Event, drop []string, due time.Time, err error) {
	for len(a.waiting) > 0 {
		first := a.waiting[0]
		announce, due := a.step(now)
		if due.After(now) {
			return publish, drop, due, nil
		}
		a.waiting = a.waiting[1:]
		if !announce {
			drop = append(drop, first.ID)
			continue
		}
		kind := kindOf(first.ID)
		e, err := a.event(first, kind)
		if err != nil {
			return publish, drop, due, err
		}
		publish = append(publish, e)
		if opens(kind) {
			a.open, a.isOpen, a.last = append(a.open, first.ID), true, now
		} else {
			a.open, a.isOpen = nil, false
		}
	}
	return publish, drop, time.Time{}, nil
}

// opens reports whether announcements of the kind open an alert.
func opens(kind event.Kind) bool {
	return kind == event.WebhookFailing || kind == event.WebhookDisabled
}

// event makes the event of an announcement.
func (a *announcements) event(change deliveries.Announcement, kind event.Kind) (*event.Event, error) {
	host := (&delivery.Endpoint{URL: change.URL}).Host()
	announced := event.Announcement{
		Module: "webhooks", Kind: kind, WebhookID: change.EndpointID, Host: host,
		Message: strings.TrimSpace("The webhook to " + host + announcementWords[kind] + " " + change.Cause),
	}
	if !opens(kind) {
		announced.Resolves = append([]string{}, a.open...) // not nil: it ends a state
	}
	return announced.Event(change.ID, change.At)
}

// announceSoon wakes announce.
func (s *Service) announceSoon() {
	select {
	case s.announcing <- struct{}{}:
	default:
	}
}

// announce publishes the announcements in the outbox as they become due, until
// ctx ends.
func (s *Service) announce(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for failed := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-s.announcing:
		case <-timer.C:
		}
		due, err := s.announceDue(ctx, time.Now())
		if err != nil {
			if ctx.Err() == nil && !failed {
				s.opts.Logger.Error("changes of state not announced yet", slog.Any("error", err))
			}
			due = time.Now().Add(announceRetry)
		}
		failed = err != nil
		timer.Stop()
		if !due.IsZero() {
			timer.Reset(time.Until(due))
		}
	}
}

// announceDue publishes the announcements that are due, and returns when the
// next one is; zero for never.
func (s *Service) announceDue(ctx context.Context, now time.Time) (next time.Time, err error) {
	waiting, err := s.store.Deliveries.Announcements(ctx)
	if err != nil {
		return next, err
	}
	var endpoints []int64 // in the order of their oldest change
	byEndpoint := make(map[int64]*announcements)
	for _, change := range waiting {
		a := byEndpoint[change.Endpoint]
		if a == nil {
			a = new(announcements)
			if a.open, a.isOpen, a.last, err = s.store.Deliveries.Openings(ctx, change.Endpoint); err != nil {
				return next, err
			}
			byEndpoint[change.Endpoint] = a
			endpoints = append(endpoints, change.Endpoint)
		}
		a.waiting = append(a.waiting, change)
	}
	var publish []*event.Event
	var drop []string
	for _, n := range endpoints {
		events, dropped, due, err := byEndpoint[n].next(now)
		if err != nil {
			return next, err
		}
		publish, drop = append(publish, events...), append(drop, dropped...)
		if next.IsZero() || !due.IsZero() && due.Before(next) {
			next = due
		}
	}
	for len(publish) > 0 {
		n := min(len(publish), maxAnnouncements)
		if err := s.publishAnnouncements(ctx, publish[:n]); err != nil {
			return next, err
		}
		publish = publish[n:]
	}
	if len(drop) > 0 {
		return next, s.store.Deliveries.DropAnnouncements(ctx, drop)
	}
	return next, nil
}

// publishAnnouncements publishes announcements in one commit, which takes them
// out of the outbox.
func (s *Service) publishAnnouncements(ctx context.Context, events []*event.Event) error {
	_, err := s.publish(ctx, events)
	if err == nil || !errors.Is(err, event.ErrConflict) {
		return err
	}
	// An id was taken. The others are published one by one, and that one is
	// dropped, or it would block the outbox for ever.
	for _, e := range events {
		if _, err := s.publish(ctx, []*event.Event{e}); errors.Is(err, event.ErrConflict) {
			s.opts.Logger.Error("change of state not announced: its id is taken", slog.String("id", e.ID))
			if err := s.store.Deliveries.DropAnnouncements(ctx, []string{e.ID}); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
	return nil
}
