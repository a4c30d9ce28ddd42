package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
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
	delivery.AttemptFilter
}

// AttemptPage is a page of attempts, newest first.
type AttemptPage struct {
	Attempts []delivery.Attempt
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
	attempts, next, err := s.store.Deliveries.Attempts(ctx, id, after, min(max(q.Limit, 1), event.MaxPageEvents), q.AttemptFilter)
	if err != nil {
		return AttemptPage{}, notFound(err)
	}
	page := AttemptPage{Attempts: attempts}
	if next.Row > 0 {
		page.Next = formatAttemptCursor(next)
	}
	return page, nil
}

func formatAttemptCursor(c deliveries.AttemptCursor) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "a%d.%d", c.Row, c.Seen))
}

func parseAttemptCursor(s string) (c deliveries.AttemptCursor, err error) {
	if s == "" {
		return c, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "a%d.%d", &c.Row, &c.Seen)
	}
	if err != nil || c.Row < 1 || c.Seen < 0 || formatAttemptCursor(c) != s {
		return deliveries.AttemptCursor{}, ErrCursor
	}
	return c, nil
}

// Attempt returns one of a webhook's attempts, also of a removed one. Its
// errors are ErrNotFound and ErrNoAttempt.
func (s *Service) Attempt(ctx context.Context, id, attempt string) (delivery.Attempt, error) {
	row, entry, ok := delivery.ParseAttemptID(attempt)
	if !ok {
		return delivery.Attempt{}, ErrNoAttempt
	}
	kept, err := s.store.Deliveries.Attempt(ctx, id, row, entry)
	if errors.Is(err, deliveries.ErrNoAttempt) {
		return delivery.Attempt{}, ErrNoAttempt
	}
	if err != nil {
		return delivery.Attempt{}, notFound(err)
	}
	return kept, nil
}
