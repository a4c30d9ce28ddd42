package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postern/internal/event"
)

// Attempt is one try at delivering one event to one endpoint.
type Attempt struct {
	Seq      int64
	At       time.Time     // when it began, to the millisecond
	Duration time.Duration // to the microsecond
	Try      int           // from 1
	Status   int           // the response's status; zero without a response
	Class    uint8         // zero for success, else webhook.Class
	Detail   string        // what went wrong, in words; empty for success
	Response string        // the failed response's beginning
	Replay   bool          // a person asked for it again

	// Event names the event while it is kept; nil once retention removed it.
	Event *EventName
}

// EventName is what an attempt shows of its event.
type EventName struct {
	ID   string
	Type event.Type
}

// AttemptCursor is a place in an endpoint's attempts: a row and how many of
// its entries, from the newest, have been seen. The zero cursor is the start.
type AttemptCursor struct {
	Row  int64
	Seen int
}

// insertAttempts writes attempts. First tries that succeeded, which come in
// nearly the log's order, share a row; every other one has its own, so that a
// row's range of sequence numbers stays narrow.
func (w *writer) insertAttempts(ctx context.Context, endpoint int64, attempts []Attempt) error {
	var plain []Attempt
	for i := range attempts {
		if attempts[i].Class == 0 && attempts[i].Try == 1 {
			plain = append(plain, attempts[i])
			continue
		}
		if err := w.insertAttemptRow(ctx, endpoint, attempts[i:i+1]); err != nil {
			return err
		}
	}
	if len(plain) == 0 {
		return nil
	}
	return w.insertAttemptRow(ctx, endpoint, plain)
}

func (w *writer) insertAttemptRow(ctx context.Context, endpoint int64, attempts []Attempt) error {
	low, high, at, failed := attempts[0].Seq, attempts[0].Seq, attempts[0].At.UnixMilli(), 0
	for _, a := range attempts {
		low, high, at = min(low, a.Seq), max(high, a.Seq), max(at, a.At.UnixMilli())
		if a.Class != 0 {
			failed++
		}
	}
	_, err := w.stmts.putAttempts.ExecContext(ctx, endpoint, at, low, high, failed, encodeAttempts(attempts, low, at))
	return err
}

// Attempts returns an endpoint's attempts, newest first: at most limit of
// them after the cursor, with the next page's cursor (its Row zero when there
// is none). failed asks for failures only. It works for removed endpoints
// too, and returns ErrNoEndpoint for one that never was.
func (j *Journal) Attempts(ctx context.Context, id string, after AttemptCursor, limit int, failed bool) ([]Attempt, AttemptCursor, error) {
	var endpoint int64
	err := j.reader.QueryRowContext(ctx, "SELECT n FROM endpoints WHERE id = ?", id).Scan(&endpoint)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, AttemptCursor{}, ErrNoEndpoint
	}
	if err != nil {
		return nil, AttemptCursor{}, fmt.Errorf("list attempts: %w", err)
	}
	page, next, err := j.attemptPage(ctx, endpoint, after, limit, failed)
	if err != nil {
		return nil, AttemptCursor{}, fmt.Errorf("list attempts: %w", err)
	}
	if err := j.nameEvents(ctx, page); err != nil {
		return nil, AttemptCursor{}, fmt.Errorf("list attempts: %w", err)
	}
	return page, next, nil
}

func (j *Journal) attemptPage(ctx context.Context, endpoint int64, after AttemptCursor, limit int, failed bool) ([]Attempt, AttemptCursor, error) {
	query := "SELECT n, at, seq_min, entries FROM attempts WHERE endpoint = ?"
	args := []any{endpoint}
	if after.Row > 0 {
		query += " AND n <= ?"
		args = append(args, after.Row)
	}
	if failed {
		query += " AND failed > 0"
	}
	rows, err := j.reader.QueryContext(ctx, query+" ORDER BY n DESC", args...)
	if err != nil {
		return nil, AttemptCursor{}, err
	}
	defer rows.Close()
	var page []Attempt
	for rows.Next() {
		var n, at, low int64
		var entries []byte
		if err := rows.Scan(&n, &at, &low, &entries); err != nil {
			return nil, AttemptCursor{}, err
		}
		attempts, err := decodeAttempts(entries, low, at)
		if err != nil {
			return nil, AttemptCursor{}, fmt.Errorf("row %d: %w", n, err)
		}
		seen := 0
		if n == after.Row {
			seen = after.Seen
		}
		for ; seen < len(attempts); seen++ {
			if len(page) == limit {
				return page, AttemptCursor{Row: n, Seen: seen}, nil
			}
			page = append(page, attempts[len(attempts)-1-seen])
		}
	}
	return page, AttemptCursor{}, rows.Err()
}

// nameEvents fills in the events that the attempts were for.
func (j *Journal) nameEvents(ctx context.Context, attempts []Attempt) error {
	stmt, err := j.reader.PrepareContext(ctx, "SELECT id, type FROM events WHERE seq = ?")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for i := range attempts {
		var id any
		var kind int64
		err := stmt.QueryRowContext(ctx, attempts[i].Seq).Scan(&id, &kind)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		name := EventName{Type: event.Type(kind)}
		switch id := id.(type) {
		case []byte:
			name.ID = event.UnpackID(id)
		case string:
			name.ID = id
		}
		attempts[i].Event = &name
	}
	return nil
}
