package hub

import (
	"context"

	"postern/internal/event"
)

// Log is the durable log beneath the hub: append, and read from a sequence
// number. It is kept this small so that a replicated log can stand in for the
// store.
type Log interface {
	// Append makes the batches durable in one commit, each whole or not at
	// all, and gives their events sequence numbers in the order given. A
	// batch that can't be taken gets its Err; the returned error means that
	// nothing at all was appended. It is never called concurrently.
	Append(ctx context.Context, batches []*event.Batch) error
	// Read returns at most limit events after the given sequence number that
	// are of the types (an empty set means all), oldest first, and the
	// number it has read through. Reading through nothing returns after. An
	// event that is gone from the middle is passed over.
	Read(ctx context.Context, after int64, types event.TypeSet, limit int) (events []*event.Event, through int64, err error)
	// Search returns a page of history.
	Search(ctx context.Context, q event.Query) (event.Page, error)
	// Get returns the event with an id, or event.ErrNotFound.
	Get(ctx context.Context, id string) (*event.Event, error)
	// Find returns the event that an id means to a reader who sees some
	// cameras, its own id or the one that its producer gave, or
	// event.ErrNotFound.
	Find(ctx context.Context, id string, visible func(camera string) bool) (*event.Event, error)
	// Missing returns how many numbers after one and up to another have no
	// event any more, if events of the types may be among them; else zero.
	Missing(ctx context.Context, after, through int64, types event.TypeSet) (int64, error)
	// OnRewritten makes the log call f after events in it have become others:
	// erased, or gone from its middle (event.IsGone).
	OnRewritten(f func([]*event.Event))
	// First and Head return the oldest and the newest sequence number that
	// is kept; with nothing kept, First is Head+1.
	First() int64
	Head() int64
}
