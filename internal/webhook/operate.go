package webhook

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
)

// ErrStopped says that Postern is stopping, so that a lane takes no orders.
var ErrStopped = &problem.Error{
	Code:       problem.Unavailable,
	Detail:     "Postern is stopping. Send the request again in a moment.",
	RetryAfter: 5 * time.Second,
	Cause:      errors.New("the lanes are stopping"),
}

// Resume says what a resumed webhook does about what waited.
type Resume int

const (
	// SendWaiting sends everything that waited.
	SendWaiting Resume = iota
	// FromNow drops what waited, counts it as skipped, and goes on with what
	// comes. The exhausted ones stay.
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
		// Zero where nothing has ever arrived: then there is nothing to drop.
		return s.setState(ctx, id, delivery.Active, s.hub.Head(), "A person resumed it from now on; what waited was dropped.")
	}
	return s.setState(ctx, id, delivery.Active, 0, "A person resumed it.")
}

// setState keeps a state that a person chose, and hands it to the lane.
func (s *Service) setState(ctx context.Context, id string, to delivery.State, skipTo int64, cause string) error {
	obeyed, err := s.keepState(ctx, id, to, skipTo, cause)
	if err != nil {
		return err
	}
	// It holds already; waiting lets whoever asks next see it.
	timer := time.NewTimer(obeyTime)
	defer timer.Stop()
	select {
	case <-obeyed:
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// obeyTime bounds the wait for a lane to take a state.
const obeyTime = time.Second

// keepState keeps a state that a person chose and hands it to the lane. What
// it returns is closed once the lane has taken it.
func (s *Service) keepState(ctx context.Context, id string, to delivery.State, skipTo int64, cause string) (obeyed chan struct{}, err error) {
	// Held throughout, so that two persons' choices arrive in the order in
	// which they were kept.
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(id)
	if i < 0 {
		return nil, ErrNotFound
	}
	kept, l := s.endpoints[i].endpoint, s.endpoints[i].lane
	kind := event.WebhookResumed
	if to == delivery.Paused {
		kind = event.WebhookPaused
	}
	change := stateChange(id, to, kind, time.Now(), cause)
	if err := s.store.SetState(ctx, kept.N, change, skipTo); err != nil {
		return nil, err
	}
	s.opts.Logger.Info("webhook's state chosen", slog.String("webhook", id), slog.String("state", string(to)), slog.Bool("skip", skipTo > 0))
	s.announceSoon()
	obeyed = make(chan struct{})
	taken := l.orders.order(func() {
		l.obey(to, change, skipTo)
		close(obeyed)
	})
	if !taken {
		close(obeyed) // the lane has ended; the store has it
	}
	return obeyed, nil
}

// obey takes a state that a person chose.
func (l *lane) obey(to delivery.State, change delivery.StateChange, skipTo int64) {
	if to != l.health.state {
		l.status.StateAt, l.status.StateCause = change.At, change.Cause
	}
	l.health.enter(to, change.At)
	l.next.State = nil // what the lane had found is overruled
	if to == delivery.Active {
		// Also where it has reached the store since; any other state of a
		// person's the store keeps by itself.
		again := stateChange(l.endpoint.ID, to, event.WebhookResumed, later(time.Now(), change.At.Add(time.Microsecond)), change.Cause)
		l.next.State = &again
	}
	l.window = newWindow(l.settings.Concurrency())
	l.more = true
	if skipTo > l.position() {
		l.status.Skipped += skipTo - l.position()
		l.readFrom(skipTo)
	}
	if skipTo > 0 {
		l.status.Skipped += int64(l.waiting.len())
		// What a settlement under way may still write goes with the next.
		dropped := l.waiting.clear()
		l.next.done(dropped...)
		clear(l.notes)
		l.blocking = nil
		// The log may still give what came since: what was dropped of it is
		// new then, and what is under way must not be sent beside it.
		for _, seq := range dropped {
			delete(l.ahead, seq)
		}
		maps.DeleteFunc(l.ahead, func(seq int64, _ bool) bool { return seq <= skipTo })
	}
	l.publish()
}

// StateChanges returns a webhook's changes of state, newest first, at most
// 100. Its error is ErrNotFound.
func (s *Service) StateChanges(ctx context.Context, id string) ([]delivery.StateChange, error) {
	kept, _, err := s.lookUp(id)
	if err != nil {
		return nil, err
	}
	return s.store.StateChanges(ctx, kept.N, 100)
}
