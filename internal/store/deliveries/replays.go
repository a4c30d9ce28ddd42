package deliveries

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
	"postern/internal/store/requests"
)

// ErrNoReplay says that an endpoint has no replay with the id.
var ErrNoReplay = problem.New(problem.NotFound, "This webhook has no replay with this id.")

// ReplayProgress is how far a replay has got since it was settled last.
type ReplayProgress struct {
	N                     int64
	Position              int64
	Sent, Failed, Expired int64 // to add
	EndedAt               time.Time
}

const replayColumns = `replays.n, replays.id, endpoint, replays.types, after_seq, through_seq, position, sent, replays.failed, replays.created, ended,
	stopped, recovery, causes, cameras, sources, since, until, replays.expired`

func scanReplay(row database.Row, more ...any) (*delivery.Replay, error) {
	var r delivery.Replay
	var types, created, since, until int64
	var ended sql.NullInt64
	var cameras, sources []byte
	if err := row.Scan(append([]any{&r.N, &r.ID, &r.Endpoint, &types, &r.After, &r.Through, &r.Position, &r.Sent, &r.Failed, &created, &ended,
		&r.Stopped, &r.Recovery, &r.Causes, &cameras, &sources, &since, &until, &r.Expired}, more...)...); err != nil {
		return nil, err
	}
	for _, list := range []struct {
		text []byte
		to   *[]string
	}{{cameras, &r.Filter.Cameras}, {sources, &r.Filter.Sources}} {
		if err := json.Unmarshal(list.text, list.to); err != nil {
			return nil, fmt.Errorf("read the filter of replay %s: %w", r.ID, err)
		}
		if len(*list.to) == 0 {
			*list.to = nil
		}
	}
	r.Filter.Types, r.CreatedAt, r.Since, r.Until = event.TypeSet(types), event.FromMicro(created), optionalTime(since), optionalTime(until)
	if ended.Valid {
		r.EndedAt = event.FromMicro(ended.Int64)
	}
	return &r, nil
}

// optionalTime reads a time that is 0 where there is none.
func optionalTime(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return event.FromMicro(us)
}

// optionalMicro writes a time for optionalTime.
func optionalMicro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// CreateReplays keeps new replays in one commit, and sets their N. made is what the
// request of the context made, and id its id. It returns ErrNoEndpoint if an endpoint
// was removed, and then keeps none.
func (s *Store) CreateReplays(ctx context.Context, id string, made any, replays ...*delivery.Replay) error {
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		for _, r := range replays {
			if err := createReplay(ctx, tx, r); err != nil {
				return err
			}
		}
		return s.requests.RememberIn(ctx, tx, requests.Of(ctx), id, made)
	})
	if err != nil {
		return fmt.Errorf("create replay: %w", err)
	}
	return nil
}

func createReplay(ctx context.Context, tx *database.Tx, r *delivery.Replay) error {
	lists := make([]string, 2)
	for i, names := range [][]string{r.Filter.Cameras, r.Filter.Sources} {
		b, err := json.Marshal(names)
		if err != nil {
			return err
		}
		lists[i] = string(b)
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO replays (id, endpoint, types, after_seq, through_seq, position, created, recovery, causes,
		cameras, sources, since, until, expired)
		SELECT ?, n, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM endpoints WHERE n = ? AND removed IS NULL`,
		r.ID, int64(r.Filter.Types), r.After, r.Through, r.Position, r.CreatedAt.UnixMicro(), r.Recovery, int64(r.Causes),
		lists[0], lists[1], optionalMicro(r.Since), optionalMicro(r.Until), r.Expired, r.Endpoint)
	if err != nil {
		return err
	}
	if made, err := result.RowsAffected(); err != nil {
		return err
	} else if made == 0 {
		return ErrNoEndpoint
	}
	r.N, err = result.LastInsertId()
	return err
}

// StopReplays ends replays where they stand, in one commit. Those that have ended stay
// as they are.
func (s *Store) StopReplays(ctx context.Context, replays ...*delivery.Replay) error {
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		for _, r := range replays {
			if _, err := tx.ExecContext(ctx, "UPDATE replays SET ended = ?, stopped = 1 WHERE n = ? AND ended IS NULL",
				s.now().UnixMicro(), r.N); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("stop replay: %w", err)
	}
	return nil
}

// Replays returns an endpoint's replays, newest first.
func (s *Store) Replays(ctx context.Context, endpoint int64, limit int) ([]*delivery.Replay, error) {
	return s.listReplays(ctx, "endpoint = ? ORDER BY n DESC LIMIT ?", endpoint, limit)
}

// OpenReplays returns an endpoint's replays that go on, of those before the
// one numbered n, newest first.
func (s *Store) OpenReplays(ctx context.Context, endpoint, n int64) ([]*delivery.Replay, error) {
	return s.listReplays(ctx, "endpoint = ? AND n < ? AND ended IS NULL ORDER BY n DESC", endpoint, n)
}

func (s *Store) listReplays(ctx context.Context, where string, args ...any) ([]*delivery.Replay, error) {
	replays, err := database.QueryAll(ctx, s.db.Reader(), func(row database.Row) (*delivery.Replay, error) { return scanReplay(row) },
		"SELECT "+replayColumns+" FROM replays WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list replays: %w", err)
	}
	return replays, nil
}

// applyReplay writes a replay's progress within a settlement.
func applyReplay(ctx context.Context, tx *database.Tx, p ReplayProgress) error {
	var ended any
	if !p.EndedAt.IsZero() {
		ended = p.EndedAt.UnixMicro()
	}
	_, err := tx.ExecContext(ctx,
		`UPDATE replays SET position = max(position, ?), sent = sent + ?, failed = failed + ?, expired = expired + ?,
		ended = coalesce(ended, ?) WHERE n = ?`, p.Position, p.Sent, p.Failed, p.Expired, ended, p.N)
	return err
}
