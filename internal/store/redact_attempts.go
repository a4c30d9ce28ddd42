package store

import (
	"context"
	"math"
	"strings"

	"postern/internal/delivery"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
	"postern/internal/varint"
)

// ErasedWords is the detail of an attempt whose event was erased, or removed by
// retention.
const ErasedWords = "What went wrong was erased with the event."

// redactAttempts overwrites what receivers answered about an event. The rows keep
// their length, and so their place.
func redactAttempts(ctx context.Context, tx *database.Tx, seq int64) error {
	_, err := redactBetween(ctx, tx, seq, seq, attemptPlace{}, -1)
	return err
}

// attemptPlace is a row of attempts in the order of their events. The zero
// value stands before them all.
type attemptPlace struct{ seq, n int64 }

// redactBetween overwrites what receivers answered about events from one number to
// another, in at most limit rows after a place; a negative limit is none. It
// returns the last of these, or the zero value where it came to the end.
func redactBetween(ctx context.Context, tx *database.Tx, first, last int64, after attemptPlace, limit int) (attemptPlace, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT seq_max, n, entries FROM attempts WHERE seq_max BETWEEN ? AND ? AND failed > 0 AND (seq_max, n) > (?, ?)
		ORDER BY seq_max, n LIMIT ?`, first, last, after.seq, after.n, limit)
	if err != nil {
		return after, err
	}
	type row struct {
		attemptPlace
		entries []byte
	}
	found, err := database.Collect(rows, func(r database.Row) (one row, err error) {
		return one, r.Scan(&one.seq, &one.n, &one.entries)
	})
	if err != nil {
		return after, err
	}
	for _, one := range found {
		if err := redactTexts(one.entries); err != nil {
			return after, err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE attempts SET entries = ? WHERE n = ?", one.entries, one.n); err != nil {
			return after, err
		}
	}
	if len(found) != limit {
		return attemptPlace{}, nil
	}
	return found[len(found)-1].attemptPlace, nil
}

// redactRemoved overwrites what receivers answered about events that retention has
// removed. Attempts may be kept for longer, and without the event it is
// unknown which person an answer is about. It works in steps, since an event may
// have many attempts, and goes on where the previous process stopped.
func (s *Store) redactRemoved(ctx context.Context) (more bool, err error) {
	low := s.First() - 1
	var after attemptPlace // row zero: all of that event's, and all before
	err = s.reader.QueryRowContext(ctx, `SELECT coalesce((SELECT value FROM meta WHERE name = 'blanked'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'blanked_row'), 0)`).Scan(&after.seq, &after.n)
	if err != nil || after.seq > low || after.seq == low && after.n == 0 {
		return false, err
	}
	if after.n == 0 {
		after.n = math.MaxInt64
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		next, err := redactBetween(ctx, tx, 1, low, after, retainRows)
		if err != nil {
			return err
		}
		if more = next.n != 0; !more {
			next.seq = low
		}
		_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('blanked', ?), ('blanked_row', ?)", next.seq, next.n)
		return err
	})
	return more, err
}

// redactTexts overwrites the details and responses of packed attempts.
func redactTexts(b []byte) error {
	if len(b) == 0 || b[0] != attemptsVersion {
		return errAttempts
	}
	r := varint.Reader{Rest: b[1:]}
	overwrite := func() {
		n := r.Length()
		clear(r.Rest[:n])
		r.Rest = r.Rest[n:]
	}
	for len(r.Rest) > 0 {
		for range 5 {
			r.Next()
		}
		if r.Octet()&^replayBit != 0 {
			overwrite()
			overwrite()
		}
		if r.Broken {
			return errAttempts
		}
	}
	return nil
}

// markRedacted replaces texts that were overwritten by a sentence that says so.
func markRedacted(a *delivery.Attempt) {
	if isRedacted(a.Detail) {
		a.Detail = ErasedWords
	}
	if isRedacted(a.Response) {
		a.Response = ""
	}
}

func isRedacted(text string) bool { return text != "" && strings.Trim(text, "\x00") == "" }

// withoutErased takes what receivers answered out of attempts at events that were
// erased, or left the log, while the request was on its way.
func withoutErased(ctx context.Context, tx *database.Tx, a delivery.Attempt) (delivery.Attempt, error) {
	var erased bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE seq = ?1 AND unicode(data) = ?2)
		OR ?1 BETWEEN 1 AND (SELECT max(value) FROM meta WHERE name IN ('removed', 'floor')) AND NOT EXISTS (SELECT 1 FROM events WHERE seq = ?1)`, a.Seq, int64(eventrow.TombstoneMark)).Scan(&erased)
	if err == nil && erased {
		a.Detail, a.Response = ErasedWords, ""
	}
	return a, err
}
