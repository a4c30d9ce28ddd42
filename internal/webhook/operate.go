package webhook

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/worker"
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

// chosenState is a state that a person chose. skipTo, unless zero, skips the backlog
// up to it.
type chosenState struct {
	to     delivery.State
	kind   event.Kind // of its announcement
	skipTo int64
	cause  string
}

// pausing is the state of Pause.
var pausing = chosenState{to: delivery.Paused, kind: event.WebhookPaused, cause: "A person paused it."}

// resuming is the state of Resume.
func (s *Service) resuming(how Resume) chosenState {
	chosen := chosenState{to: delivery.Active, kind: event.WebhookResumed, cause: "A person resumed it."}
	if how == FromNow {
		// Zero if no event has ever arrived: there is no backlog to
		// skip.
		chosen.skipTo, chosen.cause = s.hub.Head(), "A person resumed it from now on; what waited was dropped."
	}
	return chosen
}

// Pause stops sending to a webhook. Nothing is lost: its cursor stays where it
// is, within what retention keeps. Requests in flight finish.
func (s *Service) Pause(ctx context.Context, id string) error {
	return s.setStates(ctx, []string{id}, pausing)[0]
}

// Resume lets a paused, failing or disabled webhook send again.
func (s *Service) Resume(ctx context.Context, id string, how Resume) error {
	return s.setStates(ctx, []string{id}, s.resuming(how))[0]
}

// setStates stores a state that a person chose for some webhooks, and hands it to
// their workers. It returns an error for each id.
func (s *Service) setStates(ctx context.Context, ids []string, chosen chosenState) []error {
	applied, errs := s.storeStates(ctx, ids, chosen)
	// The state is stored already. The wait lets the next request see it.
	timer := time.NewTimer(worker.ApplyTimeout)
	defer timer.Stop()
	for _, one := range applied {
		select {
		case <-one:
		case <-timer.C:
			return errs
		case <-ctx.Done():
			return errs
		}
	}
	return errs
}

// storeStates stores a state that a person chose in one commit and hands it to the
// workers. Each channel is closed once a worker has applied it.
func (s *Service) storeStates(ctx context.Context, ids []string, chosen chosenState) (applied []<-chan struct{}, errs []error) {
	// Held throughout, so that the workers apply two persons' choices in
	// the order in which they were stored.
	s.mu.Lock()
	defer s.mu.Unlock()
	errs = make([]error, len(ids))
	var known []*registered
	var changes []deliveries.EndpointState
	for i, id := range ids {
		at := s.find(id)
		if at < 0 {
			errs[i] = ErrNotFound
			continue
		}
		known = append(known, s.endpoints[at])
		changes = append(changes, deliveries.EndpointState{
			Endpoint: s.endpoints[at].endpoint.N, StateChange: worker.NewStateChange(id, chosen.to, chosen.kind, time.Now(), chosen.cause),
		})
	}
	if len(known) == 0 {
		return nil, errs
	}
	if err := s.store.Deliveries.SetStates(ctx, chosen.skipTo, changes...); err != nil {
		for i := range errs {
			errs[i] = cmp.Or(errs[i], err)
		}
		return nil, errs
	}
	for i, one := range known {
		s.opts.Logger.Info("webhook state set by a person", slog.String("webhook", one.endpoint.ID),
			slog.String("state", string(chosen.to)), slog.Bool("skip", chosen.skipTo > 0))
		applied = append(applied, one.worker.Apply(chosen.to, changes[i].StateChange, chosen.skipTo))
	}
	s.announceSoon()
	return applied, errs
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
