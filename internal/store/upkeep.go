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

// lookAfter does what is due in the data folder.
func (s *Store) lookAfter() {
	w := &s.write
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		return
	}
	if w.checkFiles(len(fileEnds)) != nil {
		w.salvage()
		return
	}
	w.lookAtWAL(context.Background())
	if w.reserve.short {
		w.regain()
	} else {
		w.reserve.take(4) // where the disk is nearly full, events have the rest
	}
	if w.unsavedDowntime != nil && !w.reserve.short {
		if err := s.putDowntime(context.Background(), *w.unsavedDowntime); err == nil {
			w.unsavedDowntime = nil
		}
	}
}
