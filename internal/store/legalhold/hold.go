package legalhold

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// MaxHolds is how many legal holds there may be at once.
const MaxHolds = 20

// Errors of holds.
var (
	ErrNotFound = problem.New(problem.NotFound, "There is no hold with this id. It may have been released.")
	ErrTooMany  = problem.New(problem.Conflict,
		"There are %d holds already, which is as many as Postern keeps. Release one first.", MaxHolds)
	// ErrErasing says that an erasure is under way, which a hold can't stop.
	ErrErasing = &problem.Error{
		Code:       problem.Unavailable,
		Detail:     "An erasure is under way, which a hold can't stop. Send the request again once it is done.",
		RetryAfter: 2 * time.Second,
		Cause:      errors.New("an erasure is under way"),
	}
)

// HeldError says that a hold keeps events of an identity from erasure: events of the log,
// or events that arrive later.
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
	n      int64 // the row
	ID     string
	Reason string
	// Filter and Identity select the events. Identity is an identity_id; empty means
	// any. Filter.Text isn't used.
	Filter    event.Filter
	Identity  string
	CreatedAt time.Time
	// Events is how many events only the hold keeps, and Bytes about how many bytes they
	// take. Events that the log still has don't count.
	Events, Bytes int64
}

// Match reports whether an event is under the hold.
func (h *Hold) Match(e *event.Event) bool {
	return (h.Identity == "" || e.IdentityID() == h.Identity) && h.Filter.Match(e)
}

// storedFilter is a hold's filter as JSON.
type storedFilter struct {
	Types      int64     `json:"types,omitzero"`
	Cameras    []string  `json:"cameras,omitempty"`
	Sources    []string  `json:"sources,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	Until      time.Time `json:"until,omitzero"`
	Conditions string    `json:"conditions,omitzero"`
	Identity   string    `json:"identity,omitzero"`
}

const columns = "n, id, reason, filter, created, events, bytes"

// place is the place that a hold's reason and filter are encrypted for: both may name a
// person. They aren't hashed, since a person who releases a hold must be able to read its
// reason.
func place(id string) string { return "hold " + id }

// scanHold reads a row of columns.
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
		if *encrypted, err = box.Decrypt(*encrypted, place(h.ID)); err != nil {
			return nil, fmt.Errorf("read the hold %s: %w", h.ID, err)
		}
	}
	var f storedFilter
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
