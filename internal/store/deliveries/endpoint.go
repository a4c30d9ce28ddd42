package deliveries

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
)

// ErrNoEndpoint says that no endpoint has the id.
var ErrNoEndpoint = errors.New("endpoint not found")

// EndpointRecord is an endpoint with its secrets and its progress.
type EndpointRecord struct {
	delivery.Endpoint
	Secrets delivery.Secrets `json:"-"` // newest first; none means unsigned

	// State is the endpoint's state since StateAt; StateCause says why in a
	// sentence.
	State      delivery.State
	StateAt    time.Time
	StateCause string
	// FailingSince is when its worker began to probe; zero when it isn't failing.
	FailingSince time.Time

	// Cursor is the sequence number up to which every event is delivered, skipped
	// or pending.
	Cursor int64
	delivery.Counts
	// NewVersion is the version of the settings that the last change added; zero for
	// none.
	NewVersion int64
	// Hours are its attempts of the last day by the hour: the bytes of the last
	// Settlement.Hours; empty before the first.
	Hours string
}

const endpointColumns = `n, id, url, types, secrets, settings, created, updated,
	state, state_at, state_cause, cursor, failing_since, delivered, failed, expired, expired_retries, suppressed, skipped, hours`

func (s *Store) scanEndpoint(row database.Row) (*EndpointRecord, error) {
	var e EndpointRecord
	var types, created, updated, stateAt int64
	var secrets, settings string
	var failing sql.NullInt64
	if err := row.Scan(&e.N, &e.ID, &e.URL, &types, &secrets, &settings, &created, &updated,
		&e.State, &stateAt, &e.StateCause, &e.Cursor, &failing, &e.Delivered, &e.Failed, &e.Expired,
		&e.ExpiredRetries, &e.Suppressed, &e.Skipped, &e.Hours); err != nil {
		return nil, err
	}
	var err error
	if e.Secrets, err = decryptSecrets(s.box, secrets, e.ID); err != nil {
		return nil, err
	}
	e.Signing = e.Secrets.Describe()
	e.StateAt = event.FromMicro(stateAt)
	e.Types = event.TypeSet(types)
	e.readSettings(settings)
	e.CreatedAt, e.UpdatedAt = event.FromMicro(created), event.FromMicro(updated)
	if failing.Valid {
		e.FailingSince = event.FromMicro(failing.Int64)
	}
	return &e, nil
}

// readSettings parses stored settings. An error is kept with the endpoint, so
// that one damaged row doesn't stop the others.
func (e *EndpointRecord) readSettings(text string) {
	settings, conditions, err := delivery.ParseSettings(text)
	e.Settings = settings
	if err != nil {
		e.Unreadable = fmt.Errorf("read the settings of %s: %w", e.ID, err)
		return
	}
	e.Filter = settings.Filter(e.Types, conditions)
}

// SetSecrets replaces the endpoint's secrets.
func (e *EndpointRecord) SetSecrets(secrets delivery.Secrets) {
	e.Secrets, e.Signing = secrets, secrets.Describe()
}
