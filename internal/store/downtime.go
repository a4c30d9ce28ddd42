package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/internal/store/counters"
	"postern/internal/store/database"
)

// noteDowntime records the downtime from when the store was closed, or after a
// crash from the newest event, until now.
func (s *Store) noteDowntime(ctx context.Context) error {
	closed, err := counters.LastClosed(ctx, s.reader)
	if err != nil {
		return err
	}
	down := counters.Downtime{Since: event.FromMicro(max(s.append.received, closed)), Until: s.opts.Now()}
	s.DB.Lock()
	err = s.putDowntime(ctx, down)
	s.DB.Unlock()
	if database.RefusedByDisk(err) { // it is saved once there is room
		s.opts.Logger.Warn("the store could not note that it was opened", slog.Any("error", err))
		s.unsavedDowntime = &down
		err = nil
	}
	if err != nil {
		return err
	}
	return s.Counters.LoadDowntimes(ctx, s.unsavedDowntime)
}

// putDowntime saves a downtime. The caller holds the writer.
func (s *Store) putDowntime(ctx context.Context, down counters.Downtime) error {
	err := s.DB.Commit(ctx, func(tx *database.Tx) error {
		return counters.PutDowntime(ctx, tx, down, s.clock.Before(counters.MinutesKept*time.Minute))
	})
	if err != nil {
		return fmt.Errorf("save a downtime: %w", err)
	}
	return nil
}

// noteClosing records when the store is closed, and saves full segments and
// counters. The store closes without them where they can't be saved, as on a
// full disk: the next start counts events again, and the downtime looks longer
// than it was.
func (s *Store) noteClosing() {
	ctx := context.Background()
	err := s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := s.Index.Save(ctx, tx, s.First()); err != nil {
			return err
		}
		if err := s.indexer.SaveHead(ctx, tx); err != nil {
			return err
		}
		if err := s.Counters.SaveRemoved(ctx, tx, s.First()-1); err != nil {
			return err
		}
		trusted, held, _ := s.clock.Saved()
		if err := putClock(ctx, tx, trusted, held); err != nil {
			return err
		}
		return counters.PutClosed(ctx, tx, s.clock.Arrival())
	})
	if err != nil && !errors.Is(err, database.ErrClosed) {
		s.opts.Logger.Warn("the store could not note that it was closed", slog.Any("error", err))
	}
}
