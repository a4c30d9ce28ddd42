package journal

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
	N         int64 // the row's own number, never used twice
	ID        string
	URL       string
	Types     event.TypeSet
	Secret    string
	CreatedAt time.Time
	UpdatedAt time.Time

	// Cursor is the sequence number up to which everything is settled, but
	// for what is pending.
	Cursor int64
	// FailingSince is when the lane began to probe; zero when it isn't.
	FailingSince time.Time
	// Delivered, Failed and Expired count deliveries that arrived, attempts
	// that failed, and events that retention removed undelivered.
	Delivered, Failed, Expired int64
}

const endpointColumns = "n, id, url, types, secret, created, updated, cursor, failing_since, delivered, failed, expired"

func scanEndpoint(row interface{ Scan(...any) error }) (*Endpoint, error) {
	var e Endpoint
	var types, created, updated int64
	var failing sql.NullInt64
	if err := row.Scan(&e.N, &e.ID, &e.URL, &types, &e.Secret, &created, &updated, &e.Cursor, &failing, &e.Delivered, &e.Failed, &e.Expired); err != nil {
		return nil, err
	}
	e.Types = event.TypeSet(types)
	e.CreatedAt, e.UpdatedAt = event.FromMicro(created), event.FromMicro(updated)
	if failing.Valid {
		e.FailingSince = event.FromMicro(failing.Int64)
	}
	return &e, nil
}

// Endpoints returns every endpoint that wasn't removed, oldest first.
func (j *Journal) Endpoints(ctx context.Context) ([]*Endpoint, error) {
	rows, err := j.reader.QueryContext(ctx, "SELECT "+endpointColumns+" FROM endpoints WHERE removed IS NULL ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	endpoints, err := collect(rows, scanEndpoint)
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	return endpoints, nil
}

// CreateEndpoint keeps a new endpoint and sets its N.
func (j *Journal) CreateEndpoint(ctx context.Context, e *Endpoint) error {
	result, err := j.exec(ctx, "INSERT INTO endpoints (id, url, types, secret, created, updated, cursor) VALUES (?, ?, ?, ?, ?, ?, ?)",
		e.ID, e.URL, int64(e.Types), e.Secret, e.CreatedAt.UnixMicro(), e.UpdatedAt.UnixMicro(), e.Cursor)
	if err != nil {
		return fmt.Errorf("create endpoint: %w", err)
	}
	if e.N, err = result.LastInsertId(); err != nil {
		return fmt.Errorf("create endpoint: %w", err)
	}
	return nil
}

// UpdateEndpoint keeps an endpoint's URL, types and secret.
func (j *Journal) UpdateEndpoint(ctx context.Context, e *Endpoint) error {
	result, err := j.exec(ctx, "UPDATE endpoints SET url = ?, types = ?, secret = ?, updated = ? WHERE n = ? AND removed IS NULL",
		e.URL, int64(e.Types), e.Secret, e.UpdatedAt.UnixMicro(), e.N)
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	} else if n == 0 {
		return fmt.Errorf("update endpoint: %w", ErrNoEndpoint)
	}
	return nil
}

// RemoveEndpoint ends an endpoint. Its secret and what waited for it are
// gone at once, its attempts stay until retention.
func (j *Journal) RemoveEndpoint(ctx context.Context, n int64) error {
	j.write.mu.Lock()
	defer j.write.mu.Unlock()
	err := j.write.commit(ctx, func() error {
		ctx, conn := context.WithoutCancel(ctx), j.write.conn
		result, err := conn.ExecContext(ctx, "UPDATE endpoints SET removed = ?, secret = '' WHERE n = ? AND removed IS NULL", j.opts.Now().UnixMicro(), n)
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil {
			return err
		} else if changed == 0 {
			return ErrNoEndpoint
		}
		_, err = conn.ExecContext(ctx, "DELETE FROM pending WHERE endpoint = ?", n)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove endpoint: %w", err)
	}
	return nil
}
