package webhook

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
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

// ReplayRequest selects old events to send again: those that match the webhook and
// Filter, arrived since a time or are after a sequence number, and arrived before
// another time.
type ReplayRequest struct {
	Filter event.Filter // types, cameras and sources; its zero value selects all
	Since  time.Time    // zero: After counts
	Until  time.Time    // zero: up to now
	After  int64
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
	through, err := s.endOf(ctx, r.Until)
	if err != nil {
		return 0, false, err
	}
	bounded, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	for after < through {
		events, read, err := s.store.Read(bounded, after, selection.Filter.Types, 5000)
		if bounded.Err() != nil && ctx.Err() == nil {
			return n, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		for _, e := range events {
			if e.Seq <= through && selection.Match(e) && r.Filter.Match(e) {
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
	through, err := s.endOf(ctx, r.Until)
	if err != nil {
		return nil, err
	}
	kept, w, err := s.lookUp(id)
	if err != nil {
		return nil, err
	}
	if after >= through {
		return nil, &problem.Error{Code: problem.Invalid, Detail: "There is nothing to send again: no event has arrived in that time."}
	}
	s.replaying.Lock()
	defer s.replaying.Unlock()
	if err := s.mayReplay(ctx, kept); err != nil {
		return nil, err
	}
	replay := &delivery.Replay{
		ID: newID("rp_"), Endpoint: kept.N, Filter: r.Filter, After: after, Position: after, Through: through,
		Since: r.Since, Until: r.Until, CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	if err := s.store.Deliveries.CreateReplays(ctx, replay.ID, replay, replay); err != nil {
		return nil, err
	}
	return replay, s.begin(ctx, []*delivery.Replay{replay}, []*worker.Worker{w})
}

// newID makes the id of a replay or a recovery.
func newID(prefix string) string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + hex.EncodeToString(b[:])
}

// begin hands stored replays to their workers.
func (s *Service) begin(ctx context.Context, replays []*delivery.Replay, workers []*worker.Worker) error {
	for i, w := range workers {
		if !w.BeginReplay(replays[i]) {
			// Otherwise the next start would begin it, and the client may
			// request it again.
			return errors.Join(worker.ErrStopped, s.store.Deliveries.StopReplays(context.WithoutCancel(ctx), replays...))
		}
	}
	return nil
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

// endOf returns the sequence number that a replay ends with.
func (s *Service) endOf(ctx context.Context, until time.Time) (int64, error) {
	head := s.hub.Head()
	if until.IsZero() {
		return head, nil
	}
	through, err := s.store.SeqAt(ctx, until)
	return min(through, head), err
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
	if err := s.store.Deliveries.StopReplays(ctx, all[i]); err != nil {
		return err
	}
	l.StopReplay(replayID)
	return nil
}
