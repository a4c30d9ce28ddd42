package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"postern/internal/event"
	"postern/internal/journal"
)

// ErrCursor says that a cursor isn't one that Postern made.
var ErrCursor = errors.New("unknown cursor")

// AttemptQuery asks for a page of an endpoint's attempts.
type AttemptQuery struct {
	Limit  int    // 1 to event.MaxPageEvents; zero means event.DefaultPageEvents
	Cursor string // the Next of the page before; empty to start
	Failed bool   // failures only
}

// AttemptPage is a page of attempts, newest first.
type AttemptPage struct {
	Attempts []Attempt
	Next     string // empty when there is no next page
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
	kept, next, err := s.journal.Attempts(ctx, id, after, min(max(q.Limit, 1), event.MaxPageEvents), q.Failed)
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

func formatAttemptCursor(c journal.AttemptCursor) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "a%d.%d", c.Row, c.Seen))
}

func parseAttemptCursor(s string) (c journal.AttemptCursor, err error) {
	if s == "" {
		return c, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "a%d.%d", &c.Row, &c.Seen)
	}
	if err != nil || c.Row < 1 || c.Seen < 0 || formatAttemptCursor(c) != s {
		return journal.AttemptCursor{}, ErrCursor
	}
	return c, nil
}
