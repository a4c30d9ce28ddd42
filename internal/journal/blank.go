package journal

import (
	"context"
	"strings"
)

// ErasedWords is what stands as the detail of an attempt at an event that was
// erased, or whose type is kept for a shorter time.
const ErasedWords = "What went wrong was erased with the event."

// blankAttempts overwrites what receivers said about an event. The rows keep
// their length, and so their place.
func (w *writer) blankAttempts(ctx context.Context, seq int64) error {
	rows, err := w.conn.QueryContext(ctx, "SELECT n, entries FROM attempts WHERE seq_max = ? AND failed > 0", seq)
	if err != nil {
		return err
	}
	type row struct {
		n       int64
		entries []byte
	}
	found, err := collect(rows, func(r interface{ Scan(...any) error }) (one row, err error) {
		return one, r.Scan(&one.n, &one.entries)
	})
	if err != nil {
		return err
	}
	for _, one := range found {
		if err := blankTexts(one.entries); err != nil {
			return err
		}
		if _, err := w.conn.ExecContext(ctx, "UPDATE attempts SET entries = ? WHERE n = ?", one.entries, one.n); err != nil {
			return err
		}
	}
	return nil
}

// blankTexts overwrites the details and responses of packed attempts.
func blankTexts(b []byte) error {
	if len(b) == 0 || b[0] != attemptsVersion {
		return errAttempts
	}
	r := varints{rest: b[1:]}
	blank := func() {
		n := r.length()
		clear(r.rest[:n])
		r.rest = r.rest[n:]
	}
	for len(r.rest) > 0 {
		for range 5 {
			r.next()
		}
		if r.octet()&^replayBit != 0 {
			blank()
			blank()
		}
		if r.broken {
			return errAttempts
		}
	}
	return nil
}

// unblank turns texts that were overwritten into words.
func unblank(a *Attempt) {
	if isBlank(a.Detail) {
		a.Detail = ErasedWords
	}
	if isBlank(a.Response) {
		a.Response = ""
	}
}

func isBlank(text string) bool { return text != "" && strings.Trim(text, "\x00") == "" }

// withoutErased takes what receivers said out of attempts at events that were
// erased, or went from the middle of the log, while the request was on its way.
func (w *writer) withoutErased(ctx context.Context, a Attempt) (Attempt, error) {
	var erased bool
	err := w.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE seq = ?1 AND unicode(data) = ?2)
		OR ?1 BETWEEN 1 AND coalesce((SELECT value FROM meta WHERE name = 'removed'), 0) AND NOT EXISTS (SELECT 1 FROM events WHERE seq = ?1)`, a.Seq, int64(erasedMark)).Scan(&erased)
	if err == nil && erased {
		a.Detail, a.Response = ErasedWords, ""
	}
	return a, err
}
