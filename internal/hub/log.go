package hub

import (
	"context"

	"postern/internal/event"
)

// Log is the durable log below the hub. It is small, so that a replicated log can
// take the place of the store.
type Log interface {
	// Append makes the batches durable in one commit, each whole or not at all,
	// and gives their events sequence numbers in order. It sets the Err of a
	// batch that it refuses. If it returns an error, it has appended nothing. It
	// is never called concurrently.
	Append(ctx context.Context, batches []*event.Batch) error
	// Read returns at most limit events of the types (an empty set means all)
	// after a sequence number, oldest first, and the number through which it has
	// read. That is after itself if there was nothing to read. Removed events are
	// left out.
	Read(ctx context.Context, after int64, types event.TypeSet, limit int) (events []*event.Event, through int64, err error)
	// Search returns a page of history.
	Search(ctx context.Context, q event.Query) (event.Page, error)
	// Find returns the event with an id among the visible cameras: the event's
	// own id, or the one that its producer gave. Without one it returns
	// event.ErrNotFound.
	Find(ctx context.Context, id string, visible func(camera string) bool) (*event.Event, error)
	// SequenceGap returns how many sequence numbers after one and up to another
	// have no event, if events of the types may be among them; else zero.
	SequenceGap(ctx context.Context, after, through int64, types event.TypeSet) (int64, error)
	// OnRedacted makes the log call f after events in it were erased, or removed
	// from its middle (event.Event.IsRemoved), or have got or lost their snapshot.
	OnRedacted(f func([]*event.Event))
	// First and Head return the oldest and the newest sequence number in the
	// log. First is Head+1 if the log is empty.
	First() int64
	Head() int64
}
