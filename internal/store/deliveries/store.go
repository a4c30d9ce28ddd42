package deliveries

import (
	"time"

	"postern/internal/store/database"
	"postern/internal/store/requests"
	"postern/internal/store/secretbox"
)

// Store is the tables of endpoints and their deliveries. Its methods are safe for
// concurrent use.
type Store struct {
	db       *database.DB
	box      *secretbox.Box
	requests *requests.Store
	now      func() time.Time
	parsed   parsedSettings
}

// New returns the endpoints and deliveries of a database. The box encrypts the
// endpoints' secrets; changes with an Idempotency-Key are stored in requests.
func New(db *database.DB, box *secretbox.Box, requests *requests.Store, now func() time.Time) *Store {
	return &Store{db: db, box: box, requests: requests, now: now}
}
