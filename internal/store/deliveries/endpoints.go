package deliveries

import (
	"context"
	"fmt"

	"postern/internal/delivery"
	"postern/internal/store/database"
	"postern/internal/store/requests"
)

// Endpoints returns every endpoint that wasn't removed, oldest first.
func (s *Store) Endpoints(ctx context.Context) ([]*EndpointRecord, error) {
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT "+endpointColumns+" FROM endpoints WHERE removed IS NULL ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	endpoints, err := database.Collect(rows, s.scanEndpoint)
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	return endpoints, nil
}

// CreateEndpoint keeps a new endpoint, active from now on, and sets its N.
func (s *Store) CreateEndpoint(ctx context.Context, e *EndpointRecord) error {
	if e.State == "" {
		e.State, e.StateAt = delivery.Active, e.CreatedAt
	}
	settings, err := e.Settings.Encode()
	if err != nil {
		return fmt.Errorf("create endpoint: %w", err)
	}
	secrets, err := encryptSecrets(s.box, e.Secrets, e.ID)
	if err != nil {
		return fmt.Errorf("create endpoint: %w", err)
	}
	var n int64
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		result, err := tx.ExecContext(ctx,
			`INSERT INTO endpoints (id, url, types, secrets, settings, created, updated, state, state_at, state_cause, cursor, began_after)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?11, ?11)`,
			e.ID, e.URL, int64(e.Types), secrets, settings, e.CreatedAt.UnixMicro(), e.UpdatedAt.UnixMicro(),
			string(e.State), e.StateAt.UnixMicro(), e.StateCause, e.Cursor)
		if err != nil {
			return err
		}
		if n, err = result.LastInsertId(); err != nil {
			return err
		}
		if _, err := addVersion(ctx, tx, n, &e.Endpoint, e.CreatedAt); err != nil {
			return err
		}
		return s.requests.RememberIn(ctx, tx, requests.Of(ctx), e.ID, &e.Endpoint)
	})
	if err != nil {
		return fmt.Errorf("create endpoint: %w", err)
	}
	e.N = n
	return nil
}

// UpdateEndpoint stores an endpoint's URL, types, secrets and settings. Other types or
// settings are a new version of the settings in the same commit. It refuses
// an endpoint whose settings couldn't be read: its record has a part of them at
// most, and the rest would be lost.
func (s *Store) UpdateEndpoint(ctx context.Context, e *EndpointRecord) error {
	if e.Unreadable != nil {
		return fmt.Errorf("update endpoint: %w", e.Unreadable)
	}
	settings, err := e.Settings.Encode()
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	secrets, err := encryptSecrets(s.box, e.Secrets, e.ID)
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	added := int64(0)
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE endpoints SET url = ?, types = ?, secrets = ?, settings = ?, updated = ?
			WHERE n = ? AND removed IS NULL`,
			e.URL, int64(e.Types), secrets, settings, e.UpdatedAt.UnixMicro(), e.N)
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil {
			return err
		} else if changed == 0 {
			return ErrNoEndpoint
		}
		if added, err = addVersion(ctx, tx, e.N, &e.Endpoint, e.UpdatedAt); err != nil {
			return err
		}
		return s.requests.RememberIn(ctx, tx, requests.Of(ctx), e.ID, &e.Endpoint)
	})
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	e.NewVersion = added
	return nil
}

// UpdateSecrets stores an endpoint's secrets alone. Its settings stay as they are
// stored, also those that this version doesn't know or can't read.
func (s *Store) UpdateSecrets(ctx context.Context, e *EndpointRecord) error {
	secrets, err := encryptSecrets(s.box, e.Secrets, e.ID)
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	n, _, err := s.requests.Change(ctx, e.ID, &e.Endpoint, "UPDATE endpoints SET secrets = ?, updated = ? WHERE n = ? AND removed IS NULL",
		secrets, e.UpdatedAt.UnixMicro(), e.N)
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("update endpoint: %w", ErrNoEndpoint)
	}
	e.NewVersion = 0
	return nil
}

// RemoveEndpoint ends an endpoint, and records that as a change of its state. Its
// secrets and its pending deliveries are gone at once, its attempts stay until
// retention.
func (s *Store) RemoveEndpoint(ctx context.Context, n int64, c delivery.StateChange) error {
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE endpoints SET removed = ?, secrets = '[]' WHERE n = ? AND removed IS NULL",
			s.now().UnixMicro(), n)
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil {
			return err
		} else if changed == 0 {
			return ErrNoEndpoint
		}
		if err := recordChange(ctx, tx, n, c); err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, "DELETE FROM replays WHERE endpoint = ?", n); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM pending WHERE endpoint = ?", n)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove endpoint: %w", err)
	}
	return nil
}
