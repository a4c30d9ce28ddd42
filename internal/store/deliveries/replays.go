package deliveries

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
)

// ErrNoReplay says that an endpoint has no replay with the id.
var ErrNoReplay = problem.New(problem.NotFound, "This webhook has no replay with this id.")

// ReplayProgress is how far a replay has got since it was settled last.
type ReplayProgress struct {
	N            int64
	Position     int64
	Sent, Failed int64 // to add
	EndedAt      time.Time
}

const replayColumns = "n, id, endpoint, types, after_seq, through_seq, position, sent, failed, created, ended, stopped"

func scanReplay(row database.Row) (*delivery.Replay, error) {
	var r delivery.Replay
	var types, created int64
	var ended sql.NullInt64
	if err := row.Scan(&r.N, &r.ID, &r.Endpoint, &types, &r.After, &r.Through, &r.Position, &r.Sent, &r.Failed, &created, &ended,
		&r.Stopped); err != nil {
		return nil, err
	}
	r.Types, r.CreatedAt = event.TypeSet(types), event.FromMicro(created)
	if ended.Valid {
		r.EndedAt = event.FromMicro(ended.Int64)
	}
	return &r, nil
}

// CreateReplay keeps a new replay and sets its N. It returns ErrNoEndpoint for
// an endpoint that was removed.
func (s *Store) CreateReplay(ctx context.Context, r *delivery.Replay) error {
	made, n, err := s.requests.Change(ctx, r.ID, r, "INSERT INTO replays (id, endpoint, types, after_seq, through_seq, position, created) SELECT ?, "+
		"n, ?, ?, ?, ?, ? FROM endpoints WHERE n = ? AND removed IS NULL",
		r.ID, int64(r.Types), r.After, r.Through, r.Position, r.CreatedAt.UnixMicro(), r.Endpoint)
	if err != nil {
		return fmt.Errorf("create replay: %w", err)
	}
	if made == 0 {
		return fmt.Errorf("create replay: %w", ErrNoEndpoint)
	}
	r.N = n
	return nil
}

// StopReplay ends a replay where it stands. One that has ended stays as it
// is.
func (s *Store) StopReplay(ctx context.Context, n int64) error {
	if _, err := s.db.Exec(ctx, "UPDATE replays SET ended = ?, stopped = 1 WHERE n = ? AND ended IS NULL",
		s.now().UnixMicro(), n); err != nil {
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
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT "+replayColumns+" FROM replays WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list replays: %w", err)
	}
	replays, err := database.Collect(rows, scanReplay)
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
		`UPDATE replays SET position = max(position, ?), sent = sent + ?, failed = failed + ?, ended = coalesce(ended, ?)
		WHERE n = ?`, p.Position, p.Sent, p.Failed, ended, p.N)
	return err
}
