package store

import (
	"context"
	"time"
)

// upkeepEvery is how often an idle store looks at its files: events that
// were accepted before a file was removed are moved to safety within it.
const upkeepEvery = time.Second

// upkeep looks after the data folder until ctx ends.
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
			if size, err := s.retainedSize(ctx); err == nil && size > s.opts.RetainBytes {
				select {
				case s.overfull <- struct{}{}:
				default: // it is told already
				}
			}
		}
	}
}

// lookAfter maintains the data folder, and saves a downtime that it had no room for.
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
