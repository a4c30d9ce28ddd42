package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
	"postern/internal/store/requests"
	"postern/internal/store/secretbox"
)

// MaxHolds is how many legal holds there may be at once.
const MaxHolds = 20

// Errors of holds.
var (
	ErrNoHold       = problem.New(problem.NotFound, "There is no hold with this id. It may have been released.")
	ErrTooManyHolds = problem.New(problem.Conflict,
		"There are %d holds already, which is as many as Postern keeps. Release one first.", MaxHolds)
	// ErrErasing says that an erasure is under way, which a hold can't stop.
	ErrErasing = &problem.Error{
		Code:       problem.Unavailable,
		Detail:     "An erasure is under way, which a hold can't stop. Send the request again once it is done.",
		RetryAfter: 2 * time.Second,
		Cause:      errors.New("an erasure is under way"),
	}
)

// HeldError says that a hold keeps events of an identity, those in the log or
// those that may come, from being erased.
type HeldError struct{ Hold string }

// Error names the hold.
func (e *HeldError) Error() string { return "events are under the hold " + e.Hold }

// Unwrap returns the problem for the client.
func (e *HeldError) Unwrap() error {
	return problem.New(problem.Conflict,
		"This identity, or an event of it, is under the legal hold %s. Nothing was erased. Release the hold first, if that may be.", e.Hold)
}

// Hold keeps events that retention would remove, until it is released.
type Hold struct {
	n      int64
	ID     string
	Reason string
	// Filter and Identity pick the events; Identity is an identity_id, empty
	// for any. Filter.Text isn't used.
	Filter    event.Filter
	Identity  string
	CreatedAt time.Time
	// Events and Bytes count the events that only the hold keeps, Bytes about.
	// Events that the log still has don't count.
	Events, Bytes int64
}

// Match reports whether an event is under the hold.
func (h *Hold) Match(e *event.Event) bool {
	return (h.Identity == "" || e.IdentityID() == h.Identity) && h.Filter.Match(e)
}

// holdFilter is a hold's filter as it is kept.
type holdFilter struct {
	Types      int64     `json:"types,omitzero"`
	Cameras    []string  `json:"cameras,omitempty"`
	Sources    []string  `json:"sources,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	Until      time.Time `json:"until,omitzero"`
	Conditions string    `json:"conditions,omitzero"`
	Identity   string    `json:"identity,omitzero"`
}

const holdColumns = "n, id, reason, filter, created, events, bytes"

// holdPlace is the place that a hold's reason and filter are encrypted for: both may
// name a person. They aren't hashed, since a person who releases a hold must be able
// to read its reason.
func holdPlace(id string) string { return "hold " + id }

func scanHold(box *secretbox.Box, row database.Row) (*Hold, error) {
	var h Hold
	var text string
	var created int64
	if err := row.Scan(&h.n, &h.ID, &h.Reason, &text, &created, &h.Events, &h.Bytes); err != nil {
		return nil, err
	}
	h.CreatedAt = event.FromMicro(created)
	for _, encrypted := range []*string{&h.Reason, &text} {
		if !strings.HasPrefix(*encrypted, secretbox.Prefix) {
			continue // an earlier version stored it as plain text
		}
		var err error
		if *encrypted, err = box.Decrypt(*encrypted, holdPlace(h.ID)); err != nil {
			return nil, fmt.Errorf("read the hold %s: %w", h.ID, err)
		}
	}
	var f holdFilter
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return nil, fmt.Errorf("read the filter of %s: %w", h.ID, err)
	}
	h.Filter = event.Filter{Types: event.TypeSet(f.Types), Cameras: f.Cameras, Sources: f.Sources, Since: f.Since, Until: f.Until}
	h.Identity = f.Identity
	if f.Conditions != "" {
		var err error
		if h.Filter.Conditions, err = event.ParseConditions([]byte(f.Conditions)); err != nil {
			return nil, fmt.Errorf("read the filter of %s: %w", h.ID, err)
		}
	}
	return &h, nil
}

// CreateHold keeps a new hold, and sets its ID and CreatedAt. It covers the events of
// the log and those that arrive later. Its errors are ErrTooManyHolds and ErrErasing:
// an erasure that was accepted goes first.
func (s *Store) CreateHold(ctx context.Context, h *Hold) error {
	s.erasing.accepting.Lock()
	defer s.erasing.accepting.Unlock()
	under, err := s.erasuresUnderWay(ctx, 1)
	if err != nil {
		return fmt.Errorf("create hold: %w", err)
	}
	if len(under) > 0 {
		return ErrErasing
	}
	text, err := json.Marshal(holdFilter{
		Types: int64(h.Filter.Types), Cameras: h.Filter.Cameras, Sources: h.Filter.Sources, Since: h.Filter.Since, Until: h.Filter.Until,
		Conditions: h.Filter.Conditions.String(), Identity: h.Identity,
	})
	if err != nil {
		return fmt.Errorf("create hold: %w", err)
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	h.ID, h.CreatedAt = "hold_"+hex.EncodeToString(b[:]), s.opts.Now().UTC().Truncate(time.Microsecond)
	made, _, err := s.Requests.Change(ctx, h.ID, h,
		"INSERT INTO holds (id, reason, filter, created) SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM holds WHERE released IS NULL) < ?",
		h.ID, s.Secrets.Encrypt(h.Reason, holdPlace(h.ID)), s.Secrets.Encrypt(string(text), holdPlace(h.ID)), h.CreatedAt.UnixMicro(), MaxHolds)
	if err != nil {
		return fmt.Errorf("create hold: %w", err)
	}
	if made == 0 {
		return ErrTooManyHolds
	}
	return nil
}

// ReleaseHold ends a hold. Events that only this hold kept are removed soon
// after. Its error is ErrNoHold.
func (s *Store) ReleaseHold(ctx context.Context, id string) error {
	result, err := s.DB.Exec(ctx, "UPDATE holds SET released = ? WHERE id = ? AND released IS NULL", s.opts.Now().UnixMicro(), id)
	if err != nil {
		return fmt.Errorf("release hold: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil {
		return fmt.Errorf("release hold: %w", err)
	} else if n == 0 {
		return ErrNoHold
	}
	return nil
}

// Holds returns the holds, oldest first.
func (s *Store) Holds(ctx context.Context) ([]*Hold, error) {
	holds, err := s.holdsOf(ctx, s.reader)
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	return holds, nil
}

// Hold returns a hold, or ErrNoHold.
func (s *Store) Hold(ctx context.Context, id string) (*Hold, error) {
	holds, err := s.Holds(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(holds, func(h *Hold) bool { return h.ID == id })
	if i < 0 {
		return nil, ErrNoHold
	}
	return holds[i], nil
}

func (s *Store) holdsOf(ctx context.Context, from database.Querier) ([]*Hold, error) {
	rows, err := from.QueryContext(ctx, "SELECT "+holdColumns+" FROM holds WHERE released IS NULL ORDER BY n")
	if err != nil {
		return nil, err
	}
	return database.Collect(rows, func(row database.Row) (*Hold, error) { return scanHold(s.Secrets, row) })
}

// heldBytes is how much lies beside the log, also for holds that were
// released: it doesn't make the log too large.
func (s *Store) heldBytes(ctx context.Context) (n int64, err error) {
	return n, s.reader.QueryRowContext(ctx, "SELECT coalesce(sum(bytes), 0) FROM holds").Scan(&n)
}

// keepHeld copies those of some events that are under a hold out of the log.
// The caller is in the commit that removes them; where picks them.
func (s *Store) keepHeld(ctx context.Context, tx *database.Tx, where string) error {
	holds, err := s.holdsOf(ctx, tx)
	if err != nil || len(holds) == 0 {
		return err
	}
	for after, more := int64(0), true; more; {
		rows, err := tx.QueryContext(ctx, "SELECT "+eventrow.Columns+" FROM events WHERE ("+where+") AND seq > ? ORDER BY seq", after)
		if err != nil {
			return err
		}
		var events []*event.Event
		if events, more, err = eventrow.CollectAsIs(rows, s.opts.PageBytes); err != nil {
			return err
		}
		for _, e := range events {
			after = e.Seq
		}
		if err := holdEvents(ctx, tx, holds, events); err != nil {
			return err
		}
	}
	return nil
}

// holdEvents copies the events that are under one of the holds.
func holdEvents(ctx context.Context, tx *database.Tx, holds []*Hold, events []*event.Event) error {
	for _, h := range holds {
		for _, e := range events {
			if !h.Match(e) {
				continue
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO held_events (hold, "+eventrow.Columns+") SELECT ?, "+eventrow.Columns+
				" FROM events WHERE seq = ?", h.n, e.Seq); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE holds SET events = events + 1, bytes = bytes + ? WHERE n = ?",
				len(e.Data)+len(e.Source)+len(e.Camera)+heldOverhead, h.n); err != nil {
				return err
			}
		}
	}
	return nil
}

// heldOverhead is about what a held event takes beside its texts, in bytes.
const heldOverhead = 64

// dropReleased removes a step's worth of what released holds kept, and
// reports whether there may be more.
func (s *Store) dropReleased(ctx context.Context) (more bool, err error) {
	var n int64
	var id string
	err = s.reader.QueryRowContext(ctx, "SELECT n, id FROM holds WHERE released IS NOT NULL LIMIT 1").Scan(&n, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		rows, err := tx.QueryContext(ctx,
			"DELETE FROM held_events WHERE n IN (SELECT n FROM held_events WHERE hold = ? ORDER BY seq LIMIT ?) RETURNING n", n, retainRows)
		if err != nil {
			return err
		}
		gone, err := database.Collect(rows, database.ScanNumber)
		if err != nil {
			return err
		}
		if len(gone) > 0 {
			return tx.Scrub(ctx, "held_events", gone)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM holds WHERE n = ?", n); err != nil {
			return err
		}
		// The stored answer to the request for the hold may name a person.
		if err := requests.ClearAnswers(ctx, tx, id); err != nil {
			return err
		}
		return tx.Scrub(ctx, "holds", []int64{n})
	})
	return err == nil, err
}
