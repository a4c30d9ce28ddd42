package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postern/internal/event"
)

// ErrNoEndpoint says that no endpoint has the id.
var ErrNoEndpoint = errors.New("endpoint not found")

// Endpoint is a webhook endpoint as it is kept.
type Endpoint struct {
	N     int64 // the row's own number, never used twice
	ID    string
	URL   string
	Types event.TypeSet
	// Secrets sign the deliveries, newest first; none means unsigned.
	Secrets []EndpointSecret `json:"-"`
	// Settings are the endpoint's other settings, as JSON.
	Settings  string
	CreatedAt time.Time
	UpdatedAt time.Time

	// State is what the endpoint is doing, StateAt since when, and StateCause
	// why, in words.
	State      string
	StateAt    time.Time
	StateCause string

	// Cursor is the sequence number up to which everything is settled, but
	// for what is pending.
	Cursor int64
	// FailingSince is when the lane began to probe; zero when it isn't.
	FailingSince time.Time
	// Delivered, Failed and Expired count deliveries that arrived, attempts
	// that failed, and events that retention removed undelivered. Of the
	// expired ones ExpiredRetries had been tried and waited for a retry.
	Delivered, Failed, Expired, ExpiredRetries int64
	// Suppressed and Skipped count events that storm control held back, and
	// those that a person chose not to have sent.
	Suppressed, Skipped int64
	// Hours are its deliveries of the last day by the hour, as bytes
	// that Settlement.Hours had last; empty before the first.
	Hours string
}

const endpointColumns = `n, id, url, types, secrets, settings, created, updated,
	state, state_at, state_cause, cursor, failing_since, delivered, failed, expired, expired_retries, suppressed, skipped, hours`

func (s *Store) scanEndpoint(row interface{ Scan(...any) error }) (*Endpoint, error) {
	var e Endpoint
	var types, created, updated, stateAt int64
	var secrets string
	var failing sql.NullInt64
	if err := row.Scan(&e.N, &e.ID, &e.URL, &types, &secrets, &e.Settings, &created, &updated,
		&e.State, &stateAt, &e.StateCause, &e.Cursor, &failing, &e.Delivered, &e.Failed, &e.Expired, &e.ExpiredRetries, &e.Suppressed, &e.Skipped, &e.Hours); err != nil {
		return nil, err
	}
	var err error
	if e.Secrets, err = s.sealer.openSecrets(secrets, e.ID); err != nil {
		return nil, err
	}
	e.StateAt = event.FromMicro(stateAt)
	e.Types = event.TypeSet(types)
	e.CreatedAt, e.UpdatedAt = event.FromMicro(created), event.FromMicro(updated)
	if failing.Valid {
		e.FailingSince = event.FromMicro(failing.Int64)
	}
	return &e, nil
}

// Endpoints returns every endpoint that wasn't removed, oldest first.
func (s *Store) Endpoints(ctx context.Context) ([]*Endpoint, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT "+endpointColumns+" FROM endpoints WHERE removed IS NULL ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	endpoints, err := collect(rows, s.scanEndpoint)
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	return endpoints, nil
}

// CreateEndpoint keeps a new endpoint, active from now on, and sets its N.
func (s *Store) CreateEndpoint(ctx context.Context, e *Endpoint) error {
	if e.Settings == "" {
		e.Settings = "{}"
	}
	if e.State == "" {
		e.State, e.StateAt = "active", e.CreatedAt
	}
	secrets, err := s.sealer.sealSecrets(e.Secrets, e.ID)
	if err != nil {
		return fmt.Errorf("create endpoint: %w", err)
	}
	_, n, err := s.change(ctx, e.ID, e, `INSERT INTO endpoints (id, url, types, secrets, settings, created, updated, state, state_at, state_cause, cursor, began_after)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?11, ?11)`,
		e.ID, e.URL, int64(e.Types), secrets, e.Settings, e.CreatedAt.UnixMicro(), e.UpdatedAt.UnixMicro(),
		e.State, e.StateAt.UnixMicro(), e.StateCause, e.Cursor)
	if err != nil {
		return fmt.Errorf("create endpoint: %w", err)
	}
	e.N = n
	return nil
}

// UpdateEndpoint keeps an endpoint's URL, types, secrets and settings.
func (s *Store) UpdateEndpoint(ctx context.Context, e *Endpoint) error {
	secrets, err := s.sealer.sealSecrets(e.Secrets, e.ID)
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	n, _, err := s.change(ctx, e.ID, e, `UPDATE endpoints SET url = ?, types = ?, secrets = ?, settings = ?, updated = ?
		WHERE n = ? AND removed IS NULL`,
		e.URL, int64(e.Types), secrets, e.Settings, e.UpdatedAt.UnixMicro(), e.N)
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("update endpoint: %w", ErrNoEndpoint)
	}
	return nil
}

// RemoveEndpoint ends an endpoint, and records that as a change of its state. Its
// secrets and its pending deliveries are gone at once, its attempts stay until
// retention.
func (s *Store) RemoveEndpoint(ctx context.Context, n int64, c StateChange) error {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	err := s.write.commit(ctx, func() error {
		ctx, conn := context.WithoutCancel(ctx), s.write.conn
		result, err := conn.ExecContext(ctx, "UPDATE endpoints SET removed = ?, secrets = '[]' WHERE n = ? AND removed IS NULL", s.opts.Now().UnixMicro(), n)
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil {
			return err
		} else if changed == 0 {
			return ErrNoEndpoint
		}
		if err := s.write.recordChange(ctx, n, c); err != nil {
			return err
		}
		if _, err = conn.ExecContext(ctx, "DELETE FROM replays WHERE endpoint = ?", n); err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, "DELETE FROM pending WHERE endpoint = ?", n)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove endpoint: %w", err)
	}
	return nil
}
