package webhook

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/worker"
)

// countTime bounds the counting of a dry run.
const countTime = 5 * time.Second

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

// ReplayRequest selects old events to send again: those that match the webhook,
// are of Types (empty for all), and arrived since a time, or are after a
// sequence number.
type ReplayRequest struct {
	Types event.TypeSet
	Since time.Time // zero: After counts
	After int64
}

// Count returns how many events a replay would send now. If exact is false,
// counting took too long, and there are at least n.
func (s *Service) Count(ctx context.Context, id string, r ReplayRequest) (n int, exact bool, err error) {
	kept, _, err := s.lookUp(id)
	if err != nil {
		return 0, false, err
	}
	if kept.Unreadable != nil {
		return 0, false, kept.Unreadable
	}
	selection := kept.Selection()
	after, err := s.startOf(ctx, r)
	if err != nil {
		return 0, false, err
	}
	bounded, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	for through := s.hub.Head(); after < through; {
		events, read, err := s.store.Read(bounded, after, selection.Filter.Types, 5000)
		if bounded.Err() != nil && ctx.Err() == nil {
			return n, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		for _, e := range events {
			if e.Seq <= through && selection.Match(e) && (r.Types == 0 || r.Types.Has(e.Type)) {
				n++
			}
		}
		if read <= after {
			read = after + 1
		}
		after = read
	}
	return n, true, nil
}

// Replay begins to send old events to a webhook again, beside new ones. Its
// errors are ErrNotFound, *problem.Error and ErrStopped.
func (s *Service) Replay(ctx context.Context, id string, r ReplayRequest) (*delivery.Replay, error) {
	after, err := s.startOf(ctx, r)
	if err != nil {
		return nil, err
	}
	kept, l, err := s.lookUp(id)
	if err != nil {
		return nil, err
	}
	if after >= s.hub.Head() {
		return nil, &problem.Error{Code: problem.Invalid, Detail: "There is nothing to send again: no event has arrived since then."}
	}
	s.replaying.Lock()
	defer s.replaying.Unlock()
	running, err := s.Replays(ctx, id)
	if err != nil {
		return nil, err
	}
	open := 0
	for _, one := range running {
		if one.EndedAt.IsZero() {
			open++
		}
	}
	if open >= worker.MaxOpenReplays {
		return nil, &problem.Error{Code: problem.Invalid,
			Detail: fmt.Sprintf("%d replays of this webhook are under way, which is as many as run at once. Wait for one to end, or stop one.",
				open)}
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	replay := &delivery.Replay{
		ID: "rp_" + hex.EncodeToString(b[:]), Endpoint: kept.N, Types: r.Types, After: after, Position: after,
		Through: s.hub.Head(), CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	if err := s.store.Deliveries.CreateReplay(ctx, replay); err != nil {
		return nil, err
	}
	if !l.BeginReplay(replay) {
		// Otherwise the next start would begin it, and the client may
		// request it again.
		return nil, errors.Join(worker.ErrStopped, s.store.Deliveries.StopReplay(context.WithoutCancel(ctx), replay.N))
	}
	return replay, nil
}

// startOf returns the sequence number that a replay begins after.
func (s *Service) startOf(ctx context.Context, r ReplayRequest) (int64, error) {
	after := r.After
	if !r.Since.IsZero() {
		var err error
		if after, err = s.store.SeqAt(ctx, r.Since); err != nil {
			return 0, err
		}
	}
	return min(max(after, s.store.First()-1), s.hub.Head()), nil
}

// Replays returns a webhook's replays, newest first: the newest 100, and older
// ones that still run.
func (s *Service) Replays(ctx context.Context, id string) ([]*delivery.Replay, error) {
	kept, _, err := s.lookUp(id)
	if err != nil {
		return nil, err
	}
	return worker.ListReplays(ctx, s.store, kept.N)
}

// StopReplay stops a replay; its failed events are retried nevertheless. Its
// errors are ErrNotFound and deliveries.ErrNoReplay.
func (s *Service) StopReplay(ctx context.Context, id, replayID string) error {
	_, l, err := s.lookUp(id)
	if err != nil {
		return err
	}
	all, err := s.Replays(ctx, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r *delivery.Replay) bool { return r.ID == replayID })
	if i < 0 {
		return deliveries.ErrNoReplay
	}
	if err := s.store.Deliveries.StopReplay(ctx, all[i].N); err != nil {
		return err
	}
	l.StopReplay(replayID)
	return nil
}
