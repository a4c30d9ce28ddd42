package alerts

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/database"
)

// Selection selects open alerts. Of the filter only types, cameras and sources
// count. The zero Selection selects all.
type Selection struct {
	event.Filter
	// Cause selects the alerts of one cause; zero selects those of all.
	Cause alert.CauseID
	// Assignee selects the alerts of the causes that are assigned to a person.
	Assignee string
	// Seqs selects alerts by their sequence numbers; nil selects all.
	Seqs []int64
	// Through is the newest sequence number that is selected; zero for no bound.
	Through int64
	// Unescalated selects the alerts that were not escalated.
	Unescalated bool
}

// where returns the conditions of a query of open_alerts o.
func (sel Selection) where() (string, []any) {
	conditions, args := []string{"TRUE"}, []any{}
	in := func(column string, names []string) {
		if len(names) == 0 {
			return
		}
		conditions = append(conditions, column+" IN (?"+strings.Repeat(", ?", len(names)-1)+")")
		for _, name := range names {
			args = append(args, name)
		}
	}
	if sel.RestrictsTypes() {
		conditions, args = append(conditions, "(1 << o.type) & ? != 0"), append(args, int64(sel.Types))
	}
	in("o.camera", sel.Cameras)
	if len(sel.Sources) > 0 {
		in("(SELECT source FROM events WHERE events.seq = o.seq)", sel.Sources)
	}
	if sel.Cause != 0 {
		conditions, args = append(conditions, "o.cause = ?"), append(args, int64(sel.Cause))
	}
	if sel.Assignee != "" {
		conditions = append(conditions, "o.cause IN (SELECT cause FROM alert_assignees WHERE assignee = ?)")
		args = append(args, sel.Assignee)
	}
	if sel.Seqs != nil {
		conditions, args = append(conditions, "o.seq IN (SELECT value FROM json_each(?))"), append(args, jsonList(sel.Seqs))
	}
	if sel.Through > 0 {
		conditions, args = append(conditions, "o.seq <= ?"), append(args, sel.Through)
	}
	if sel.Unescalated {
		conditions = append(conditions, "o.escalated IS NULL")
	}
	return strings.Join(conditions, " AND "), args
}

// oldest returns the sequence number from which Span open alerts, the newest up to
// to, lie. cut says that there are older ones.
func oldest(ctx context.Context, db database.Querier, to int64) (from int64, cut bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT seq FROM open_alerts WHERE seq <= ? ORDER BY seq DESC LIMIT 1 OFFSET ?", to, Span-1).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err == nil {
		err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM open_alerts WHERE seq < ?)", from).Scan(&cut)
	}
	return from, cut, err
}

// jsonList writes sequence numbers for SQLite's json_each.
func jsonList(seqs []int64) string {
	b, err := json.Marshal(seqs)
	if err != nil {
		panic(err) // numbers always encode
	}
	return string(b)
}
