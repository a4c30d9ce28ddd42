package journal

import (
	"context"
	"time"
)

// upkeepEvery is how often an idle journal looks at its files: events that
// were accepted before a file was removed are moved to safety within it.
const upkeepEvery = time.Second

// upkeep looks after the data folder until ctx ends.
func (j *Journal) upkeep(ctx context.Context) {
	j.lookAfter()
	ticker := time.NewTicker(upkeepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			j.lookAfter()
			if size, err := j.retainedSize(ctx); err == nil && size > j.opts.RetainBytes {
				select {
				case j.overfull <- struct{}{}:
				default: // it is told already
				}
			}
		}
	}
}

// lookAfter does what is due in the data folder.
func (j *Journal) lookAfter() {
	w := &j.write
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
	if w.unnoted != nil && !w.reserve.short {
		if err := j.writeGap(context.Background(), *w.unnoted); err == nil {
			w.unnoted = nil
		}
	}
}
