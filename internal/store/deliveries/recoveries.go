package deliveries

import (
	"context"
	"fmt"

	"postern/internal/delivery"
	"postern/internal/problem"
	"postern/internal/store/database"
)

// ErrNoRecovery says that no recovery has the id.
var ErrNoRecovery = problem.New(problem.NotFound, "There is no recovery with this id. It may have been removed by retention.")

// Recoveries returns the newest recoveries, newest first, each with its replays at the
// endpoints that weren't removed.
func (s *Store) Recoveries(ctx context.Context, limit int) ([]*delivery.Recovery, error) {
	return s.recoveries(ctx, `recovery IN (SELECT recovery FROM replays WHERE recovery != '' GROUP BY recovery ORDER BY max(n) DESC LIMIT ?)`, limit)
}

// Recovery returns a recovery, or ErrNoRecovery.
func (s *Store) Recovery(ctx context.Context, id string) (*delivery.Recovery, error) {
	found, err := s.recoveries(ctx, "recovery != '' AND recovery = ?", id)
	if err == nil && len(found) == 0 {
		err = ErrNoRecovery
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func (s *Store) recoveries(ctx context.Context, where string, arg any) ([]*delivery.Recovery, error) {
	replays, err := database.QueryAll(ctx, s.db.Reader(), func(row database.Row) (*delivery.Replay, error) {
		var id, url string
		r, err := scanReplay(row, &id, &url)
		if err == nil {
			r.WebhookID, r.URL = id, url
		}
		return r, err
	}, "SELECT "+replayColumns+", endpoints.id, endpoints.url FROM replays JOIN endpoints ON endpoints.n = endpoint WHERE "+where+
		" ORDER BY replays.created DESC, recovery DESC, replays.n", arg)
	if err != nil {
		return nil, fmt.Errorf("list recoveries: %w", err)
	}
	var out []*delivery.Recovery
	for _, r := range replays {
		if n := len(out); n == 0 || out[n-1].ID != r.Recovery {
			out = append(out, &delivery.Recovery{ID: r.Recovery})
		}
		last := out[len(out)-1]
		last.Replays = append(last.Replays, r)
	}
	return out, nil
}
