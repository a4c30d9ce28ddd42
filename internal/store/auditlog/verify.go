package auditlog

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Report is the result of Verify.
type Report struct {
	Entries int64     // how many are kept
	First   int64     // the oldest; retention removed those before it
	Since   time.Time // when the oldest was written
	Head    int64     // the newest
	Hash    Hash      // and its hash: noted elsewhere, it shows a rollback
}

// Verify checks the whole chain as it is at this moment. Its error is ErrBroken and names
// the first broken entry. Where noted isn't zero, the entry of that number must have the
// hash notedHash as well.
func (l *Log) Verify(ctx context.Context, noted int64, notedHash Hash) (*Report, error) {
	tx, err := l.db.Reader().BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	h, intact, err := l.readHead(ctx, tx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: the record of where it begins and ends is gone", ErrBroken)
	}
	if err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	if !intact {
		return nil, fmt.Errorf("%w: the record of where it begins and ends was changed", ErrBroken)
	}
	w := walk{head: h, noted: noted, notedHash: notedHash, report: Report{First: h.first, Head: h.n, Hash: h.hash}}
	w.next, w.before = h.first, h.before
	rows, err := tx.QueryContext(ctx, "SELECT "+columns+" FROM audit ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d can't be read: %w", ErrBroken, w.next, err)
		}
		if err := w.step(e); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	return &w.report, w.end()
}

// walk checks the chain entry by entry.
type walk struct {
	head      head
	next      int64 // the number that the next entry must have
	before    Hash
	trimmed   string // the details of the newest entry about removed entries
	noted     int64
	notedHash Hash
	report    Report
}

// step checks the next entry.
func (w *walk) step(e *Entry) error {
	switch {
	case e.N > w.next:
		return fmt.Errorf("%w: entry %d is missing", ErrBroken, w.next)
	case e.N < w.next:
		return fmt.Errorf("%w: entry %d stands before the first one, %d", ErrBroken, e.N, w.next)
	case e.N > w.head.n:
		return fmt.Errorf("%w: entry %d was added after the end, which is entry %d", ErrBroken, e.N, w.head.n)
	case e.hash(w.before) != e.Hash:
		return fmt.Errorf("%w: entry %d (%s) was changed, or the one before it was", ErrBroken, e.N, e.At.Format(time.RFC3339))
	case e.N == w.noted && e.Hash != w.notedHash:
		return fmt.Errorf("%w: entry %d has another hash than the one that was noted; the audit was made anew from there or before",
			ErrBroken, e.N)
	case e.Action == ActionBroken && e.ActorKind == ownActor:
		return fmt.Errorf("%w: when entry %d (%s) was written, the end of the audit had been changed or cut off", ErrBroken,
			e.N, e.At.Format(time.RFC3339))
	}
	if e.Action == ActionTrim && e.ActorKind == ownActor {
		w.trimmed = e.Details
	}
	if w.report.Entries++; w.report.Entries == 1 {
		w.report.Since = e.At
	}
	w.next, w.before = e.N+1, e.Hash
	return nil
}

// end checks that the chain ends and begins where the head says.
func (w *walk) end() error {
	if w.next <= w.head.n {
		return fmt.Errorf("%w: entry %d is missing, and all after it up to %d", ErrBroken, w.next, w.head.n)
	}
	if w.before != w.head.hash {
		return fmt.Errorf("%w: entry %d is not the one that the end was signed for", ErrBroken, w.head.n)
	}
	if w.noted > w.head.n {
		return fmt.Errorf("%w: entry %d was noted, but the audit ends with %d: its end was cut off", ErrBroken, w.noted, w.head.n)
	}
	if want := (trimDetails{Through: w.head.first - 1, Hash: hex.EncodeToString(w.head.before[:])}).text(); w.head.first > 1 &&
		w.trimmed != want {
		return fmt.Errorf("%w: the entries before %d are gone, and no entry says that retention removed them", ErrBroken, w.head.first)
	}
	return nil
}
