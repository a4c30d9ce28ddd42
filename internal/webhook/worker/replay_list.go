package worker

import (
	"context"

	"postern/internal/delivery"
	"postern/internal/store"
)

// ListReplays returns an endpoint's newest replays, and all that still run,
// however many were begun since: a long one outlasts many short ones.
func ListReplays(ctx context.Context, j *store.Store, endpoint int64) ([]*delivery.Replay, error) {
	newest, err := j.Deliveries.Replays(ctx, endpoint, MaxReplays)
	if err != nil || len(newest) < MaxReplays {
		return newest, err
	}
	open, err := j.Deliveries.OpenReplays(ctx, endpoint, newest[MaxReplays-1].N)
	return append(newest, open...), err
}
