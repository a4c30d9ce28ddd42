package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/worker"
)

// MaxRecoveries is how many recoveries are listed.
const MaxRecoveries = 100

// RecoverRequest selects undelivered events: those of the webhooks that arrived from
// Since on and before Until, and weren't delivered for one of Causes.
type RecoverRequest struct {
	Webhooks []string // ids
	Since    time.Time
	Until    time.Time // zero for now
	Causes   delivery.Causes
	Filter   event.Filter // types, cameras and sources; its zero value selects all
}

// recoverRange is the range of the log that a request means.
type recoverRange struct{ after, through int64 }

func (s *Service) recoverRange(ctx context.Context, r RecoverRequest) (recoverRange, error) {
	after, err := s.startOf(ctx, ReplayRequest{Since: r.Since})
	if err != nil {
		return recoverRange{}, err
	}
	through, err := s.endOf(ctx, r.Until)
	return recoverRange{after, through}, err
}

// CountUndelivered counts what Recover would deliver now, by webhook and cause.
func (s *Service) CountUndelivered(ctx context.Context, r RecoverRequest) ([]delivery.Undelivered, error) {
	in, err := s.recoverRange(ctx, r)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	out := make([]delivery.Undelivered, len(r.Webhooks))
	for i, id := range r.Webhooks {
		kept, _, err := s.lookUp(id)
		if err != nil {
			return nil, err
		}
		u := &out[i]
		*u = delivery.Undelivered{WebhookID: kept.ID, URL: kept.URL, ByCause: make(map[delivery.Causes]int), Exact: true}
		if u.Expired, err = s.countExpired(ctx, kept.N, r, in); err != nil {
			return nil, err
		}
		reader := s.undelivered(kept.N, r.Causes, in)
		reader.Each = func(e *event.Event, cause delivery.Causes) {
			if r.Filter.Match(e) {
				u.ByCause[cause]++
			}
		}
		for reader.After < reader.Through {
			b, err := reader.Poll(bounded, deliveries.MaxEvents)
			if bounded.Err() != nil && ctx.Err() == nil {
				u.Exact = false
				break
			}
			if err != nil {
				return nil, err
			}
			u.Expired += b.Missed
		}
	}
	return out, nil
}

// countExpired counts the undelivered events that retention has removed.
func (s *Service) countExpired(ctx context.Context, endpoint int64, r RecoverRequest, in recoverRange) (int64, error) {
	before := r.Since // events from that time may have been removed
	if in.after >= s.store.First() {
		before = time.Time{} // the range begins within the log
	}
	return s.store.Deliveries.CountExpired(ctx, endpoint, r.Causes, in.after, in.through, before, r.Until)
}

func (s *Service) undelivered(endpoint int64, causes delivery.Causes, in recoverRange) *worker.Undelivered {
	return &worker.Undelivered{Store: s.store, Hub: s.hub, Endpoint: endpoint, Causes: causes, After: in.after, Through: in.through}
}

// Recover begins to deliver undelivered events, with a replay for each webhook that may
// have some. Its errors are ErrNotFound, *problem.Error and ErrStopped.
func (s *Service) Recover(ctx context.Context, r RecoverRequest) (*delivery.Recovery, error) {
	in, err := s.recoverRange(ctx, r)
	if err != nil {
		return nil, err
	}
	s.replaying.Lock()
	defer s.replaying.Unlock()
	recovery := &delivery.Recovery{ID: newID("rc_")}
	now := time.Now().UTC().Truncate(time.Microsecond)
	var workers []*worker.Worker
	for _, id := range r.Webhooks {
		kept, w, err := s.lookUp(id)
		if err != nil {
			return nil, err
		}
		expired, err := s.countExpired(ctx, kept.N, r, in)
		if err != nil {
			return nil, err
		}
		if expired == 0 {
			if some, err := s.someUndelivered(ctx, kept.N, r, in); err != nil {
				return nil, err
			} else if !some {
				continue
			}
		}
		if err := s.mayReplay(ctx, kept); err != nil {
			return nil, err
		}
		recovery.Replays = append(recovery.Replays, &delivery.Replay{
			ID: newID("rp_"), Endpoint: kept.N, WebhookID: kept.ID, URL: kept.URL, Recovery: recovery.ID, Causes: r.Causes, Filter: r.Filter,
			After: in.after, Through: in.through, Position: in.after, Since: r.Since, Until: r.Until, Expired: expired, CreatedAt: now,
		})
		workers = append(workers, w)
	}
	if len(recovery.Replays) == 0 {
		return nil, &problem.Error{Code: problem.Invalid,
			Detail: "There is nothing to recover: every event of that time was delivered, waits to be delivered, or isn't for these webhooks."}
	}
	if err := s.store.Deliveries.CreateReplays(ctx, recovery.ID, recovery, recovery.Replays...); err != nil {
		return nil, notFound(err)
	}
	return recovery, s.begin(ctx, recovery.Replays, workers)
}

// maxLooks is how many parts of the record are looked at before a recovery begins
// without it being known that it has something to deliver.
const maxLooks = 20

// someUndelivered reports whether there may be something to recover.
func (s *Service) someUndelivered(ctx context.Context, endpoint int64, r RecoverRequest, in recoverRange) (bool, error) {
	reader, found := s.undelivered(endpoint, r.Causes, in), false
	reader.Each = func(e *event.Event, _ delivery.Causes) { found = found || r.Filter.Match(e) }
	for range maxLooks {
		if found || reader.After >= reader.Through {
			return found, nil
		}
		b, err := reader.Poll(ctx, worker.ReplayRead)
		if err != nil {
			return false, err
		}
		found = found || b.Missed > 0
	}
	return true, nil
}

// mayReplay refuses a replay if as many run as may run at once.
func (s *Service) mayReplay(ctx context.Context, e *deliveries.EndpointRecord) error {
	if e.Unreadable != nil {
		return e.Unreadable
	}
	running, err := worker.ListReplays(ctx, s.store, e.N)
	if err != nil {
		return err
	}
	open := 0
	for _, one := range running {
		if one.EndedAt.IsZero() {
			open++
		}
	}
	if open < worker.MaxOpenReplays {
		return nil
	}
	return &problem.Error{Code: problem.Invalid,
		Detail: fmt.Sprintf("%d replays of the webhook %s are under way, which is as many as run at once. Wait for one to end, or stop one.",
			open, e.ID)}
}

// Recoveries returns the newest recoveries, newest first.
func (s *Service) Recoveries(ctx context.Context) ([]*delivery.Recovery, error) {
	return s.store.Deliveries.Recoveries(ctx, MaxRecoveries)
}

// Recovery returns a recovery, or deliveries.ErrNoRecovery.
func (s *Service) Recovery(ctx context.Context, id string) (*delivery.Recovery, error) {
	return s.store.Deliveries.Recovery(ctx, id)
}

// StopRecovery stops a recovery at all webhooks; its failed events are retried
// nevertheless. Its error is deliveries.ErrNoRecovery.
func (s *Service) StopRecovery(ctx context.Context, id string) error {
	r, err := s.store.Deliveries.Recovery(ctx, id)
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(r.Replays), func(one *delivery.Replay) bool { return !one.EndedAt.IsZero() })
	if err := s.store.Deliveries.StopReplays(ctx, open...); err != nil {
		return err
	}
	for _, one := range open {
		if _, w, err := s.lookUp(one.WebhookID); err == nil { // else it was removed
			w.StopReplay(one.ID)
		}
	}
	return nil
}
