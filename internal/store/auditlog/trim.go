package auditlog

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/store/database"
)

// trimDetails are the details of an entry that says that entries were removed.
type trimDetails struct {
	Through int64  `json:"through"` // the last entry that was removed
	Hash    string `json:"hash"`    // and its hash
}

func (d trimDetails) text() string {
	b, _ := json.Marshal(d) // a number and a text: it can't fail
	return string(b)
}

// Trim removes entries from the beginning that are older than before, at most limit of
// them, and appends an entry that says so. It returns how many it removed. A broken chain
// is evidence: where one of these entries or the head is broken, Trim removes nothing and
// returns ErrBroken. It doesn't check later entries.
func (l *Log) Trim(ctx context.Context, before time.Time, limit int) (removed int64, err error) {
	err = l.db.Write(ctx, func(tx *database.Tx) error {
		removed, err = l.trim(ctx, tx, before, limit)
		return err
	})
	return removed, err
}

func (l *Log) trim(ctx context.Context, tx *database.Tx, before time.Time, limit int) (removed int64, err error) {
	h, intact, err := l.readHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	if !intact {
		return 0, fmt.Errorf("%w: the record of where it begins and ends was changed", ErrBroken)
	}
	entries, err := database.QueryAll(ctx, tx, scanEntry, "SELECT "+columns+" FROM audit ORDER BY n LIMIT ?", limit)
	if err != nil {
		return 0, err
	}
	w := walk{head: h, next: h.first, before: h.before}
	for _, e := range entries {
		if !e.At.Before(before) {
			break
		}
		if err := w.step(e); err != nil {
			return 0, err
		}
	}
	if w.report.Entries == 0 {
		return 0, nil
	}
	// An entry is appended: record a broken end first.
	at := l.db.Now()
	if h, err = l.soundHead(ctx, tx, at); err != nil {
		return 0, err
	}
	h.first, h.before = w.next, w.before
	if _, err := tx.ExecContext(ctx, "DELETE FROM audit WHERE n < ?", w.next); err != nil {
		return 0, err
	}
	return w.report.Entries, l.appendAfter(ctx, tx, at, &h, &Entry{ActorKind: ownActor, Action: ActionTrim, Outcome: done,
		Details: trimDetails{Through: w.next - 1, Hash: hex.EncodeToString(w.before[:])}.text()})
}

// Due reports whether the oldest entry was written before a time. No entry is due while
// the clock is in doubt.
func (l *Log) Due(ctx context.Context, before time.Time) (due bool, err error) {
	if l.clockHeld() {
		return false, nil
	}
	const olderThan = "SELECT coalesce((SELECT at FROM audit ORDER BY n LIMIT 1) < ?, 0)"
	err = l.db.Reader().QueryRowContext(ctx, olderThan, before.UnixMicro()).Scan(&due)
	return due, err
}
