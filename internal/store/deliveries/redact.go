package deliveries

import (
	"context"
	"math"
	"strings"

	"postern/internal/delivery"
	"postern/internal/store/database"
	"postern/internal/varint"
)

// RedactAttempts overwrites, within a transaction, the receivers' responses to an
// event. The rows keep their length, and so aren't moved.
func RedactAttempts(ctx context.Context, tx *database.Tx, seq int64) error {
	_, err := redactBetween(ctx, tx, seq, seq, attemptPlace{}, -1)
	return err
}

// attemptPlace is a row of attempts in the order of their events. The zero
// value stands before them all.
type attemptPlace struct{ seq, n int64 }

// redactBetween overwrites the receivers' responses to events from one number to
// another, in at most limit rows after a position; a negative limit is none. It
// returns the last of these, or the zero value where it came to the end.
func redactBetween(ctx context.Context, tx *database.Tx, first, last int64, after attemptPlace, limit int) (attemptPlace, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT seq_max, n, entries FROM attempts WHERE seq_max BETWEEN ? AND ? AND texts > 0 AND (seq_max, n) > (?, ?)
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

// RedactRemoved overwrites the receivers' responses to removed events, up to a
// sequence number, in at most limit rows. Attempts may be kept for longer than
// events, and without the event it is unknown which person an answer is about. An
// event may have many attempts: the position is saved, also for the next process. It
// reports whether there is more.
func (s *Store) RedactRemoved(ctx context.Context, through int64, limit int) (more bool, err error) {
	var after attemptPlace // row zero: all of that event's, and all before
	err = s.db.Reader().QueryRowContext(ctx, `SELECT coalesce((SELECT value FROM meta WHERE name = 'blanked'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'blanked_row'), 0)`).Scan(&after.seq, &after.n)
	if err != nil || after.seq > through || after.seq == through && after.n == 0 {
		return false, err
	}
	if after.n == 0 {
		after.n = math.MaxInt64
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		next, err := redactBetween(ctx, tx, 1, through, after, limit)
		if err != nil {
			return err
		}
		if more = next.n != 0; !more {
			next.seq = through
		}
		_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES ('blanked', ?), ('blanked_row', ?)", next.seq, next.n)
		return err
	})
	return more, err
}

// redactTexts overwrites the details, responses and response headers of packed
// attempts.
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
		kind := r.Octet()
		if kind&classBits != 0 {
			overwrite()
			overwrite()
		}
		if kind&timelineBit != 0 {
			skipTimelineNumbers(&r)
			overwrite() // the headers
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
		a.Detail = delivery.ErasedDetail
	}
	if isRedacted(a.Response) {
		a.Response = ""
	}
	if t := a.Timeline; t != nil && len(t.Headers) == 1 && isRedacted(t.Headers[0].Name) {
		t.Headers, t.HeadersLeftOut = nil, 0
	}
}

func isRedacted(text string) bool { return text != "" && strings.Trim(text, "\x00") == "" }
