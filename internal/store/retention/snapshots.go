package retention

import (
	"context"
	"slices"

	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/store/database"
	"postern/internal/store/snapshots"
)

// removeSnapshots removes up to a step's worth of snapshots, oldest first, that are too
// old or whose files take too much room. Their events stay. Snapshots of events under a
// legal hold stay too, and don't count for the room. It reports whether there may be
// more.
func (r *Retention) removeSnapshots(ctx context.Context) (more bool, err error) {
	store := r.rooms.Snapshots
	if err := store.Settle(ctx); err != nil {
		return false, err
	}
	due, err := store.Due(ctx, r.rooms.Clock.Before(r.Policy.Snapshots), r.Policy.SnapshotBytes, StepRows)
	if err != nil || len(due) == 0 {
		return false, err
	}
	events, cut, err := r.rooms.Log.ReadNumbers(ctx, due)
	if err != nil {
		return false, err
	}
	if cut {
		last := events[len(events)-1].Seq
		due = slices.DeleteFunc(due, func(seq int64) bool { return seq > last })
	}
	held, err := r.rooms.Holds.Held(ctx, due, events)
	if err != nil {
		return false, err
	}
	free := slices.DeleteFunc(slices.Clone(due), func(seq int64) bool { return held[seq] != 0 })
	var images []snapshots.Hash
	err = r.rooms.DB.Write(ctx, func(tx *database.Tx) error {
		for seq, hold := range held {
			if err := snapshots.Hold(ctx, tx, hold, []int64{seq}); err != nil {
				return err
			}
		}
		images, err = snapshots.RemoveFromEvents(ctx, tx, free)
		return err
	})
	if err != nil {
		return false, err
	}
	store.RemoveFiles(ctx, images...)
	var changed []*event.Event
	for _, e := range events {
		if held[e.Seq] == 0 {
			changed = append(changed, e.WithSnapshot(&snapshot.Info{Removed: true}))
		}
	}
	r.rooms.Log.TellRedacted(changed)
	return true, nil
}
