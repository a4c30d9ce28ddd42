package eventlog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"postern/internal/event"
	"postern/internal/store/eventrow"
)

// scanRange searches a range by SQL. It adds the matching events to the page,
// and reports whether there are more than the page may have.
func (r *search) scanRange(ctx context.Context, from, to int64) (full bool, err error) {
	query, args := searchSQL(&r.query, from, to)
	rows, err := r.log.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var met []int64
	for rows.Next() {
		e, err := r.log.scanEvent(rows)
		if damaged := (*eventrow.DamagedError)(nil); errors.As(err, &damaged) {
			met = append(met, damaged.Seq)
			r.page.Damaged = append(r.page.Damaged, damaged.Seq)
			continue
		}
		if err != nil {
			return false, err
		}
		met = append(met, e.Seq)
		if (r.query.Text != "" || !r.query.Conditions.Empty()) && !r.query.Match(e) {
			continue
		}
		if r.page.Full(r.query.Limit, r.log.opts.PageBytes) {
			return true, nil
		}
		r.page.Add(e)
	}
	if err := rows.Err(); err != nil || !matchesAll(&r.query.Filter) {
		return false, err
	}
	if !r.query.Ascending {
		slices.Reverse(met)
	}
	absent := r.log.absentIn(from, to, met)
	r.log.Damage.note(absent...)
	r.page.Damaged = append(r.page.Damaged, absent...)
	return false, nil
}

// matchesAll reports whether a filter leaves no event out.
func matchesAll(f *event.Filter) bool {
	return databaseIndexed(f) && !f.RestrictsTimes() && !f.RestrictsTypes() && len(f.Cameras) == 0
}

// databaseIndexed reports whether a database index answers all of a filter but
// its times.
func databaseIndexed(f *event.Filter) bool {
	return len(f.Sources) == 0 && f.Text == "" && f.Conditions.Empty() && (len(f.Cameras) == 0 || walksCameras(f.Cameras))
}

// maxCameraWalks is how many cameras get an indexed walk each. SQLite merges at
// most 500 walks. More cameras are a condition on each row instead.
const maxCameraWalks = 50

// walksCameras reports whether the index by camera answers for cameras. Events
// without a camera, which the empty name asks for, aren't in it.
func walksCameras(cameras []string) bool {
	return len(cameras) <= maxCameraWalks && !slices.Contains(cameras, "")
}

// searchSQL returns the statement that scans a range: one indexed walk for each
// camera and type of the query, which SQLite merges by sequence number.
func searchSQL(q *event.Query, from, to int64) (string, []any) {
	order := " ORDER BY seq DESC"
	if q.Ascending {
		order = " ORDER BY seq"
	}
	// A camera that is named twice is walked once.
	cameras := slices.Compact(slices.Sorted(slices.Values(q.Cameras)))
	where := newWhere(q, from, to)
	if len(cameras) > 0 && !walksCameras(cameras) {
		where.anyOf("coalesce(camera, '')", cameras)
		cameras = nil
	}
	var walks []string
	var args []any
	walk := func(condition string, values ...any) {
		walks = append(walks, "SELECT "+eventrow.Columns+" FROM events WHERE "+condition+where.sql.String())
		args = append(append(args, values...), where.args...)
	}
	types := q.Types.Each()
	switch {
	case len(cameras) > 0:
		if !q.RestrictsTypes() {
			types = event.AllTypes.Each()
		}
		for _, camera := range cameras {
			for _, t := range types {
				walk("camera = ? AND type = ? AND ", camera, int64(t))
			}
		}
	case q.RestrictsTypes():
		for _, t := range types {
			walk("type = ? AND ", int64(t))
		}
	default:
		walk("")
	}
	return strings.Join(walks, " UNION ALL ") + order, args
}

// where is the condition that all walks of a search have.
type where struct {
	sql  strings.Builder
	args []any
}

// newWhere returns the condition for a query's range, sources, times and text.
func newWhere(q *event.Query, from, to int64) *where {
	w := &where{args: []any{from, to}}
	w.sql.WriteString("seq BETWEEN ? AND ?")
	if len(q.Sources) > 0 {
		w.anyOf("source", q.Sources)
	}
	w.bound(" AND at >= ?", q.Since)
	w.bound(" AND at < ?", q.Until)
	if q.Text != "" {
		w.containsText(q.Text)
	}
	return w
}

func (w *where) anyOf(column string, names []string) {
	w.sql.WriteString(" AND " + column + " IN (?" + strings.Repeat(", ?", len(names)-1) + ")")
	for _, name := range names {
		w.args = append(w.args, name)
	}
}

func (w *where) bound(condition string, t time.Time) {
	if !t.IsZero() {
		w.sql.WriteString(condition)
		w.args = append(w.args, event.CeilMicro(t))
	}
}

// containsText rules out most events that don't contain a folded text, before
// they are read. Events that pass are compared again, since SQLite knows
// neither JSON's escapes nor how letters beyond ASCII are folded: an event with
// such letters passes.
func (w *where) containsText(text string) {
	idLetters := func(r rune) bool { return strings.ContainsRune("evt_-0123456789abcdef", unicode.ToLower(r)) }
	for _, r := range text {
		if r >= 0x80 || r == '\\' || r == '"' || r < ' ' {
			return
		}
	}
	if strings.IndexFunc(text, func(r rune) bool { return !idLetters(r) }) < 0 {
		return // it may be a part of an id, which is stored packed
	}
	like := "%" + strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`).Replace(text) + "%"
	w.sql.WriteString(` AND (data LIKE ? ESCAPE '!' OR instr(data, '\') OR octet_length(data) > length(data)`)
	w.args = append(w.args, like)
	for _, column := range []string{"source", "camera", "id", "producer_id", "site"} {
		w.sql.WriteString(" OR " + column + " LIKE ? ESCAPE '!' OR octet_length(" + column + ") > length(" + column + ")")
		w.args = append(w.args, like)
	}
	w.sql.WriteString(")")
}
