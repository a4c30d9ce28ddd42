package legalhold

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/requests"
	"postern/internal/store/secretbox"
	"postern/internal/store/snapshots"
)

// Store is the tables of legal holds. Its methods are safe for concurrent use.
type Store struct {
	// Accepting is held while a hold or an erasure is accepted: neither may begin
	// between the other's check and its commit.
	Accepting sync.Mutex

	db        *database.DB
	secrets   *secretbox.Box
	log       *eventlog.Log
	requests  *requests.Store
	snapshots *snapshots.Store
	pageBytes int64
}

// New returns the legal holds over a log. The box encrypts their reasons and filters. A
// page of events has at most pageBytes, but at least one event.
func New(db *database.DB, secrets *secretbox.Box, log *eventlog.Log, requests *requests.Store, snaps *snapshots.Store,
	pageBytes int64,
) *Store {
	return &Store{db: db, secrets: secrets, log: log, requests: requests, snapshots: snaps, pageBytes: pageBytes}
}

// Create adds a hold, and sets its ID and CreatedAt. The hold covers the events of the log
// and those that arrive later. The errors are ErrTooMany and ErrErasing: an erasure that
// was accepted goes first.
func (s *Store) Create(ctx context.Context, h *Hold) error {
	s.Accepting.Lock()
	defer s.Accepting.Unlock()
	var erasing bool
	if err := s.db.Reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM erasing)").Scan(&erasing); err != nil {
		return fmt.Errorf("create hold: %w", err)
	}
	if erasing {
		return ErrErasing
	}
	text, err := json.Marshal(storedFilter{
		Types: int64(h.Filter.Types), Cameras: h.Filter.Cameras, Sources: h.Filter.Sources, Since: h.Filter.Since, Until: h.Filter.Until,
		Conditions: h.Filter.Conditions.String(), Identity: h.Identity,
	})
	if err != nil {
		return fmt.Errorf("create hold: %w", err)
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	h.ID, h.CreatedAt = "hold_"+hex.EncodeToString(b[:]), s.db.Now().UTC().Truncate(time.Microsecond)
	made, _, err := s.requests.Change(ctx, h.ID, h,
		"INSERT INTO holds (id, reason, filter, created) SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM holds WHERE released IS NULL) < ?",
		h.ID, s.secrets.Encrypt(h.Reason, place(h.ID)), s.secrets.Encrypt(string(text), place(h.ID)), h.CreatedAt.UnixMicro(), MaxHolds)
	if err != nil {
		return fmt.Errorf("create hold: %w", err)
	}
	if made == 0 {
		return ErrTooMany
	}
	return nil
}

// Release ends a hold. RemoveReleased then removes the events that only this hold kept. The
// error is ErrNotFound if there is no such hold.
func (s *Store) Release(ctx context.Context, id string) error {
	result, err := s.db.Exec(ctx, "UPDATE holds SET released = ? WHERE id = ? AND released IS NULL", s.db.Now().UnixMicro(), id)
	if err != nil {
		return fmt.Errorf("release hold: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil {
		return fmt.Errorf("release hold: %w", err)
	} else if n == 0 {
		return ErrNotFound
	}
	return nil
}

// All returns the holds, oldest first.
func (s *Store) All(ctx context.Context) ([]*Hold, error) {
	holds, err := s.read(ctx, s.db.Reader())
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	return holds, nil
}

// Get returns a hold, or ErrNotFound.
func (s *Store) Get(ctx context.Context, id string) (*Hold, error) {
	holds, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(holds, func(h *Hold) bool { return h.ID == id })
	if i < 0 {
		return nil, ErrNotFound
	}
	return holds[i], nil
}

func (s *Store) read(ctx context.Context, q database.Querier) ([]*Hold, error) {
	scan := func(row database.Row) (*Hold, error) { return scanHold(s.secrets, row) }
	return database.QueryAll(ctx, q, scan, "SELECT "+columns+" FROM holds WHERE released IS NULL ORDER BY n")
}
