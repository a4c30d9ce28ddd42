package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/lograte"
	"postern/internal/store/database"
	"postern/internal/store/requests"
)

// Retention works in small steps with pauses between them, so that other writers
// never wait for more than one step.
const (
	retainEvery    = 30 * time.Second
	retainLogEvery = time.Minute
	retainRows     = 500 // a step
	retainPause    = 10 * time.Millisecond
)

// Retention is the bounds of what the store keeps: how long events and attempts
// are kept after they arrived, and how many bytes of the file may be in use.
// Beyond Bytes, the oldest events go first.
type Retention struct {
	Events, Attempts time.Duration
	Bytes            int64
	// Types are the event types that are kept for a shorter time than Events.
	Types map[event.Type]time.Duration
}

// Retention returns the bounds of what the store keeps.
func (s *Store) Retention() Retention {
	return Retention{Events: s.opts.Retain, Attempts: s.opts.RetainAttempts, Bytes: s.opts.RetainBytes, Types: s.opts.RetainTypes}
}

// Run retains and looks after the data folder until ctx ends, and returns nil
// then. A failure, such as a full disk, is logged and tried again.
func (s *Store) Run(ctx context.Context) error {
	var upkeep sync.WaitGroup
	upkeep.Go(func() { s.upkeep(ctx) })
	defer upkeep.Wait()
	ticker := time.NewTicker(retainEvery)
	defer ticker.Stop()
	if err := s.rebuildSegments(ctx); err != nil && ctx.Err() == nil {
		// Searches then read every event of the segments that lack an index.
		s.opts.Logger.Error("rebuilding segments failed", slog.Any("error", err))
	}
	log := lograte.New(s.opts.Logger, slog.LevelInfo, "retention removed events", "events", retainLogEvery)
	defer log.Flush()
	for {
		removed, err := s.Retain(ctx)
		if removed > 0 {
			log.Add(int(removed), slog.Int64("first_seq", s.First()))
		}
		overfull := s.overfull
		if err != nil && ctx.Err() == nil {
			s.opts.Logger.Error("retention failed", slog.Any("error", err))
			overfull = nil // it would fail, and be logged, every second
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-overfull:
		}
	}
}

// Retain removes events and attempts until all bounds are kept, and returns how
// many events it removed.
func (s *Store) Retain(ctx context.Context) (removed int64, err error) {
	s.retaining.Lock()
	defer s.retaining.Unlock()
	if err := s.Counters.WaitLoaded(ctx); err != nil {
		return 0, err
	}
	if err := s.keepClock(ctx); err != nil {
		return 0, err
	}
	for {
		n, more, err := s.retainStep(ctx)
		removed += n
		if err != nil || !more {
			return removed, err
		}
		if err := database.Wait(ctx, retainPause); err != nil {
			return removed, err
		}
	}
}

// retainStep runs one step of each rule of retention, and returns how many events
// they removed. more says that another round may find something.
func (s *Store) retainStep(ctx context.Context) (removed int64, more bool, err error) {
	for _, rule := range []struct {
		name string
		step func(context.Context) (events int64, more bool, err error)
	}{
		{"remove events", s.removeOldest},
		{"remove events of a type", s.removeByType},
		{"redact attempts at removed events", withoutEvents(s.redactRemoved)},
		{"remove attempts", withoutEvents(s.removeOldAttempts)},
		{"remove the events of released holds", withoutEvents(s.Holds.RemoveReleased)},
		{"forget requests", withoutEvents(s.forgetRequests)},
		{"give room back", withoutEvents(s.DB.Shrink)},
	} {
		events, again, err := rule.step(ctx)
		if err != nil {
			return removed, false, fmt.Errorf("%s: %w", rule.name, err)
		}
		removed, more = removed+events, more || again
	}
	return removed, more, nil
}

// withoutEvents is a rule that removes no event of the log.
func withoutEvents(step func(context.Context) (more bool, err error)) func(context.Context) (int64, bool, error) {
	return func(ctx context.Context) (int64, bool, error) {
		more, err := step(ctx)
		return 0, more, err
	}
}

// forgetRequests removes a step's worth of expired requests.
func (s *Store) forgetRequests(ctx context.Context) (more bool, err error) {
	return s.Requests.RemoveOld(ctx, s.clock.Before(requests.MaxAge), retainRows)
}
