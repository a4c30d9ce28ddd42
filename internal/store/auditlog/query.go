package auditlog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"postern/internal/store/database"
)

// Query selects a page of entries. A zero field selects all entries.
type Query struct {
	Actor        string // the whole name, in any case
	Action       string // an action, or the beginning of several: "webhook."
	Since, Until time.Time
	// Before is the oldest entry of the page before; zero begins at the newest.
	Before int64
	// Limit is how many entries at most.
	Limit int
	// Fold leaves out an entry that says that a change began, where a later entry
	// says how it ended.
	Fold bool
}

// Entries returns a page of entries, newest first.
func (l *Log) Entries(ctx context.Context, q Query) ([]*Entry, error) {
	query, args := "SELECT "+columns+" FROM audit WHERE 1", []any(nil)
	where := func(condition string, arg any) {
		query += " AND " + condition
		args = append(args, arg)
	}
	if q.Before > 0 {
		where("n < ?", q.Before)
	}
	if q.Actor != "" {
		where("actor = ? COLLATE NOCASE", q.Actor)
	}
	if strings.HasSuffix(q.Action, ".") {
		where("substr(action, 1, length(?1)) = ?1", q.Action)
		query = strings.ReplaceAll(query, "?1", fmt.Sprintf("?%d", len(args)))
	} else if q.Action != "" {
		where("action = ?", q.Action)
	}
	if !q.Since.IsZero() {
		where("at >= ?", q.Since.UnixMicro())
	}
	if !q.Until.IsZero() {
		where("at < ?", q.Until.UnixMicro())
	}
	if q.Fold {
		query += withoutBegun
	}
	entries, err := database.QueryAll(ctx, l.db.Reader(), scanEntry, query+" ORDER BY n DESC LIMIT ?", append(args, q.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the audit: %w", err)
	}
	return entries, nil
}

// withoutBegun leaves out the beginning of a change whose end is among the next 10,000
// entries. The end is soon after the beginning; the bound keeps the search for it cheap.
// A change that ended later is shown as two entries.
const withoutBegun = ` AND NOT (outcome = 'begun' AND EXISTS (SELECT 1 FROM audit AS later WHERE later.n BETWEEN audit.n + 1 AND audit.n + 10000
	AND later.action = audit.action AND later.details GLOB '{"began":' || audit.n || '[,}]*'))`
