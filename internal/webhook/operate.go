package webhook

import (
	"context"
	"log/slog"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Resume says how a resumed webhook handles its backlog.
type Resume int

const (
	// SendWaiting sends the whole backlog.
	SendWaiting Resume = iota
	// FromNow skips the backlog and continues with new events. Exhausted
	// deliveries stay.
	FromNow
)

// Pause stops sending to a webhook. Nothing is lost: its cursor stays where it
// is, within what retention keeps. Requests in flight finish.
func (s *Service) Pause(ctx context.Context, id string) error {
	return s.setState(ctx, id, delivery.Paused, 0, "A person paused it.")
}

// Resume lets a paused, failing or disabled webhook send again.
func (s *Service) Resume(ctx context.Context, id string, how Resume) error {
	if how == FromNow {
		// Zero if no event has ever arrived: there is no backlog to
		// skip.
		return s.setState(ctx, id, delivery.Active, s.hub.Head(), "A person resumed it from now on; what waited was dropped.")
	}
	return s.setState(ctx, id, delivery.Active, 0, "A person resumed it.")
}

// setState stores a state that a person chose, and hands it to the worker.
func (s *Service) setState(ctx context.Context, id string, to delivery.State, skipTo int64, cause string) error {
	applied, err := s.keepState(ctx, id, to, skipTo, cause)
	if err != nil {
		return err
	}
	// The state is stored already. The wait lets the next request see it.
	timer := time.NewTimer(worker.ApplyTimeout)
	defer timer.Stop()
	select {
	case <-applied:
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// keepState stores a state that a person chose and hands it to the worker. The
// channel is closed once the worker has applied it.
func (s *Service) keepState(ctx context.Context, id string, to delivery.State, skipTo int64, cause string) (<-chan struct{}, error) {
	// Held throughout, so that the worker applies two persons' choices in
	// the order in which they were stored.
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return nil, ErrNotFound
	}
	kept, w := s.endpoints[i].endpoint, s.endpoints[i].worker
	kind := event.WebhookResumed
	if to == delivery.Paused {
		kind = event.WebhookPaused
	}
	change := worker.NewStateChange(id, to, kind, time.Now(), cause)
	if err := s.store.Deliveries.SetState(ctx, kept.N, change, skipTo); err != nil {
		return nil, err
	}
	s.opts.Logger.Info("webhook state set by a person", slog.String("webhook", id),
		slog.String("state", string(to)), slog.Bool("skip", skipTo > 0))
	s.announceSoon()
	return w.Apply(to, change, skipTo), nil
}

// StateChanges returns a webhook's changes of state, newest first, at most
// 100. Its error is ErrNotFound.
func (s *Service) StateChanges(ctx context.Context, id string) ([]delivery.StateChange, error) {
	kept, _, err := s.lookUp(id)
	if err != nil {
		return nil, err
	}
	return s.store.Deliveries.StateChanges(ctx, kept.N, 100)
}

// SetAside exhausts the delivery of an event that waits for a retry, so that an
// ordered webhook continues with the events behind it. The event stays visible
// and can be resent. A delivery in flight is exhausted if it fails. Its errors
// are ErrNotFound, event.ErrNotFound, ErrNotWaiting and ErrStopped.
func (s *Service) SetAside(ctx context.Context, id, eventID string) error {
	e, err := s.hub.Find(ctx, eventID, func(string) bool { return true })
	if err != nil {
		return err
	}
	_, w, err := s.lookUp(id)
	if err != nil {
		return err
	}
	return w.SetAside(ctx, e.Seq)
}
