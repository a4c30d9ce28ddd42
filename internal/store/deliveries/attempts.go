package deliveries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postern/internal/delivery"
)

// ErrNoAttempt says that no attempt is stored with the row and entry.
var ErrNoAttempt = errors.New("attempt not found")

// AttemptCursor is a position in an endpoint's attempts: a row and how many of
// its entries, from the newest, have been seen. The zero cursor is the start.
type AttemptCursor struct {
	Row  int64
	Seen int
}

const (
	// attemptsExamined is how many attempts a page looks at before it leaves
	// the rest to the next one.
	attemptsExamined = 100_000
	// attemptsLate is how long after it began an attempt is on record at the
	// latest, but for a disk that was full. Rows are in the order they were
	// written, and so nearly in that of time.
	attemptsLate = time.Hour
)

// Attempts returns an endpoint's attempts, newest first: at most limit of
// those after the cursor that pass the filter, with the cursor to go on from
// (its Row zero at the end). A page may have fewer and still not be the last:
// it looks at a bounded number. It works for removed endpoints too, and
// returns ErrNoEndpoint for one that never was.
func (s *Store) Attempts(ctx context.Context, id string, after AttemptCursor, limit int, f delivery.AttemptFilter) ([]delivery.Attempt,
	AttemptCursor, error) {
	endpoint, err := s.endpointNumber(ctx, id)
	if err != nil {
		return nil, AttemptCursor{}, fmt.Errorf("list attempts: %w", err)
	}
	page, next, err := s.attemptPage(ctx, endpoint, after, limit, f)
	if err != nil {
		return nil, AttemptCursor{}, fmt.Errorf("list attempts: %w", err)
	}
	if err := s.nameEvents(ctx, page); err != nil {
		return nil, AttemptCursor{}, fmt.Errorf("list attempts: %w", err)
	}
	return page, next, nil
}

func (s *Store) endpointNumber(ctx context.Context, id string) (n int64, err error) {
	err = s.db.Reader().QueryRowContext(ctx, "SELECT n FROM endpoints WHERE id = ?", id).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoEndpoint
	}
	return n, err
}

// Attempt returns an endpoint's attempt by its row and entry. Its errors are
// ErrNoEndpoint and ErrNoAttempt.
func (s *Store) Attempt(ctx context.Context, id string, row int64, entry int) (delivery.Attempt, error) {
	a, err := s.attempt(ctx, id, row, entry)
	if err != nil {
		return delivery.Attempt{}, fmt.Errorf("read attempt: %w", err)
	}
	return a, nil
}

func (s *Store) attempt(ctx context.Context, id string, row int64, entry int) (delivery.Attempt, error) {
	endpoint, err := s.endpointNumber(ctx, id)
	if err != nil {
		return delivery.Attempt{}, err
	}
	var low, at int64
	var entries []byte
	err = s.db.Reader().QueryRowContext(ctx, "SELECT at, seq_min, entries FROM attempts WHERE n = ? AND endpoint = ?", row, endpoint).Scan(&at,
		&low, &entries)
	if errors.Is(err, sql.ErrNoRows) {
		return delivery.Attempt{}, ErrNoAttempt
	}
	if err != nil {
		return delivery.Attempt{}, err
	}
	attempts, err := decodeRow(entries, row, low, at)
	if err != nil {
		return delivery.Attempt{}, err
	}
	if entry < 0 || entry >= len(attempts) {
		return delivery.Attempt{}, ErrNoAttempt
	}
	one := attempts[entry : entry+1]
	return one[0], s.nameEvents(ctx, one)
}

func (s *Store) attemptPage(ctx context.Context, endpoint int64, after AttemptCursor, limit int,
	f delivery.AttemptFilter) ([]delivery.Attempt, AttemptCursor, error) {
	query := "SELECT n, at, seq_min, entries FROM attempts WHERE endpoint = ?"
	args := []any{endpoint}
	if f.Outcome == delivery.OutcomeFailed || f.Class != delivery.ClassNone || f.Band.Failed() {
		query += " AND texts > 0" // those that failed, and slow ones
	}
	last := after.Row
	if !f.Until.IsZero() {
		written, err := s.writtenBefore(ctx, f.Until.Add(attemptsLate))
		if err != nil {
			return nil, AttemptCursor{}, err
		}
		if last == 0 || written < last {
			last = written
		}
		query += " AND n <= ?"
		args = append(args, last)
	} else if last > 0 {
		query += " AND n <= ?"
		args = append(args, last)
	}
	rows, err := s.db.Reader().QueryContext(ctx, query+" ORDER BY n DESC", args...)
	if err != nil {
		return nil, AttemptCursor{}, err
	}
	defer rows.Close()
	var page []delivery.Attempt
	examined := 0
	for rows.Next() {
		var n, at, low int64
		var entries sql.RawBytes
		if err := rows.Scan(&n, &at, &low, &entries); err != nil {
			return nil, AttemptCursor{}, err
		}
		if !f.Since.IsZero() && time.UnixMilli(at).Before(f.Since.Add(-attemptsLate)) {
			break // and so is all that was written before
		}
		if examined >= attemptsExamined {
			return page, AttemptCursor{Row: n}, nil
		}
		attempts, err := decodeRow(entries, n, low, at)
		if err != nil {
			return nil, AttemptCursor{}, err
		}
		examined += len(attempts)
		seen := 0
		if n == after.Row {
			seen = after.Seen
		}
		for ; seen < len(attempts); seen++ {
			a := &attempts[len(attempts)-1-seen]
			if !f.Match(a) {
				continue
			}
			if len(page) == limit {
				return page, AttemptCursor{Row: n, Seen: seen}, nil
			}
			page = append(page, *a)
		}
	}
	return page, AttemptCursor{}, rows.Err()
}

// decodeRow reads a row's attempts.
func decodeRow(entries []byte, n, low, at int64) ([]delivery.Attempt, error) {
	attempts, err := decodeAttempts(entries, low, at)
	if err != nil {
		return nil, fmt.Errorf("row %d: %w", n, err)
	}
	for i := range attempts {
		attempts[i].Row, attempts[i].Entry = n, i
	}
	return attempts, nil
}

// writtenBefore finds the newest row that was written before a time, by
// halving: rows are nearly in the order of time.
func (s *Store) writtenBefore(ctx context.Context, t time.Time) (int64, error) {
	var low, high int64 // rows up to low were; those after high weren't
	if err := s.db.Reader().QueryRowContext(ctx, "SELECT coalesce(min(n), 1) - 1, coalesce(max(n), 0) FROM attempts").Scan(&low,
		&high); err != nil {
		return 0, err
	}
	for low < high {
		middle := low + (high-low+1)/2
		var n, at int64
		err := s.db.Reader().QueryRowContext(ctx, "SELECT n, at FROM attempts WHERE n >= ? ORDER BY n LIMIT 1", middle).Scan(&n, &at)
		if err != nil {
			return 0, err
		}
		if time.UnixMilli(at).Before(t) {
			low = min(n, high)
		} else {
			high = middle - 1
		}
	}
	return low, nil
}
