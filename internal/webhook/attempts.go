package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store"
)

// ErrCursor says that a cursor isn't one that Postern made.
var ErrCursor = event.ErrCursor

// ErrNoAttempt says that no attempt has the id: it never did, or retention
// has removed it.
var ErrNoAttempt = problem.New(problem.NotFound, "This webhook has no attempt with this id. It may have been removed by retention.")

// AttemptQuery asks for a page of an endpoint's attempts.
type AttemptQuery struct {
	Limit  int    // 1 to event.MaxPageEvents; zero means event.DefaultPageEvents
	Cursor string // the Next of the page before; empty to start
	AttemptFilter
}

// AttemptFilter narrows a list of attempts; its zero value takes all.
type AttemptFilter struct {
	Outcome Outcome
	Class   Class // only failures of this class; ClassNone for any
	Replay  bool  // only what a person asked for again
	// Since and Until bound when an attempt began: at or after, and before.
	Since, Until time.Time
}

// Outcome is how attempts ended.
type Outcome string

// The outcomes of attempts.
const (
	AnyOutcome       Outcome = ""
	OutcomeDelivered Outcome = "delivered"
	OutcomeFailed    Outcome = "failed"
)

// ParseClass reads a class's name in the API; ok is false for none.
func ParseClass(name string) (c Class, ok bool) {
	i := slices.Index(classNames, name)
	return Class(max(i, 0)), i > 0
}

// ClassNames are the names of the classes of failure.
func ClassNames() []string { return slices.Clone(classNames[1:]) }

// AttemptPage is a page of attempts, newest first.
type AttemptPage struct {
	Attempts []Attempt
	// Next is empty when there is no next page. A page looks at a bounded
	// number of attempts: one with few, or none, may still have a next.
	Next string
}

// Attempts returns a page of a webhook's attempts, also of a removed one. Its
// errors are ErrNotFound and ErrCursor.
func (s *Service) Attempts(ctx context.Context, id string, q AttemptQuery) (AttemptPage, error) {
	after, err := parseAttemptCursor(q.Cursor)
	if err != nil {
		return AttemptPage{}, err
	}
	if q.Limit == 0 {
		q.Limit = event.DefaultPageEvents
	}
	kept, next, err := s.store.Attempts(ctx, id, after, min(max(q.Limit, 1), event.MaxPageEvents), store.AttemptFilter{
		Delivered: q.Outcome == OutcomeDelivered, Failed: q.Outcome == OutcomeFailed, Class: uint8(q.Class),
		Replay: q.Replay, Since: q.Since, Until: q.Until,
	})
	if err != nil {
		return AttemptPage{}, notFound(err)
	}
	page := AttemptPage{Attempts: make([]Attempt, len(kept))}
	for i, a := range kept {
		page.Attempts[i] = publicAttempt(a)
	}
	if next.Row > 0 {
		page.Next = formatAttemptCursor(next)
	}
	return page, nil
}

func formatAttemptCursor(c store.AttemptCursor) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "a%d.%d", c.Row, c.Seen))
}

func parseAttemptCursor(s string) (c store.AttemptCursor, err error) {
	if s == "" {
		return c, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "a%d.%d", &c.Row, &c.Seen)
	}
	if err != nil || c.Row < 1 || c.Seen < 0 || formatAttemptCursor(c) != s {
		return store.AttemptCursor{}, ErrCursor
	}
	return c, nil
}

// An attempt's id is where it is kept, which never changes.

func formatAttemptID(a store.Attempt) string {
	return "at_" + strconv.FormatInt(a.Row, 10) + "_" + strconv.Itoa(a.Entry)
}

func parseAttemptID(s string) (row int64, entry int, ok bool) {
	digits, _ := strings.CutPrefix(s, "at_")
	first, second, _ := strings.Cut(digits, "_")
	row, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	entry, err = strconv.Atoi(second)
	return row, entry, err == nil && formatAttemptID(store.Attempt{Row: row, Entry: entry}) == s
}

// Attempt returns one of a webhook's attempts, also of a removed one. Its
// errors are ErrNotFound and ErrNoAttempt.
func (s *Service) Attempt(ctx context.Context, id, attempt string) (Attempt, error) {
	row, entry, ok := parseAttemptID(attempt)
	if !ok {
		return Attempt{}, ErrNoAttempt
	}
	kept, err := s.store.Attempt(ctx, id, row, entry)
	if errors.Is(err, store.ErrNoAttempt) {
		return Attempt{}, ErrNoAttempt
	}
	if err != nil {
		return Attempt{}, notFound(err)
	}
	return publicAttempt(kept), nil
}
