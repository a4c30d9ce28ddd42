package store

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"postern/internal/lograte"
)

// How often retention runs at least, and how often it logs what it removed.
const (
	retainEvery    = 30 * time.Second
	retainLogEvery = time.Minute
)

// Run runs retention and maintains the data folder until ctx ends, and returns nil then. It
// logs a failure, such as a full disk, and tries again.
func (s *Store) Run(ctx context.Context) error {
	var upkeep sync.WaitGroup
	upkeep.Go(func() { s.upkeep(ctx) })
	defer upkeep.Wait()
	ticker := time.NewTicker(retainEvery)
	defer ticker.Stop()
	if err := s.indexer.Rebuild(ctx); err != nil && ctx.Err() == nil {
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

// Retain removes events and attempts until all bounds are kept, and returns how many events
// it removed.
func (s *Store) Retain(ctx context.Context) (removed int64, err error) {
	if err := s.Counters.WaitLoaded(ctx); err != nil {
		return 0, err
	}
	// Retention by age needs to know whether the clock is trusted.
	if err := s.keepClock(ctx); err != nil {
		return 0, err
	}
	return s.Retention.Run(ctx)
}

// upkeepEvery is how often an idle store checks its files. Where a file was removed, events
// that were accepted before are saved within this time.
const upkeepEvery = time.Second

// upkeep maintains the data folder until ctx ends, and wakes Run when the file is too large.
func (s *Store) upkeep(ctx context.Context) {
	s.lookAfter()
	ticker := time.NewTicker(upkeepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.lookAfter()
			if overfull, err := s.Retention.Overfull(ctx); err == nil && overfull {
				select {
				case s.overfull <- struct{}{}:
				default: // Run knows
				}
			}
		}
	}
}

// lookAfter maintains the data folder, and saves a downtime that the disk had no room for.
func (s *Store) lookAfter() {
	if !s.DB.Maintain() {
		return
	}
	s.DB.Lock()
	defer s.DB.Unlock()
	if s.unsavedDowntime == nil {
		return
	}
	if err := s.putDowntime(context.Background(), *s.unsavedDowntime); err == nil {
		s.unsavedDowntime = nil
	}
}
