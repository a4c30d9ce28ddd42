package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"postern/internal/event"
)

// searchSpan bounds how many rows one page of a search may look at where no
// index answers it. A page that reaches the bound ends early and has a Next.
const searchSpan = 100_000

// Search returns a page of history. A filter by type or camera alone is
// answered from an index whatever the journal's size; each further condition
// is looked for in at most searchSpan events a page.
func (j *Journal) Search(ctx context.Context, q event.Query) (event.Page, error) {
	from, to := q.Cursor+1, j.Head() // the range left to search
	if !q.Ascending {
		from, to = 1, j.Head()
		if q.Cursor > 0 {
			to = min(to, q.Cursor-1)
		}
	}
	from = max(from, j.First())
	bounded := residual(q.Filter)
	cut := false
	if bounded && to-from+1 > j.searchSpan {
		cut = true
		if q.Ascending {
			to = from + j.searchSpan - 1
		} else {
			from = to - j.searchSpan + 1
		}
	}
	if from > to {
		return event.Page{}, nil
	}
	query, args := searchSQL(q, from, to)
	rows, err := j.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return event.Page{}, fmt.Errorf("search events: %w", err)
	}
	defer rows.Close()
	var page event.Page
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return event.Page{}, fmt.Errorf("search events: %w", err)
		}
		if (q.Text != "" || !q.Conditions.Empty()) && !q.Match(e) {
			continue
		}
		if len(page.Events) == q.Limit {
			page.Next = page.Events[q.Limit-1].Seq
			return page, nil
		}
		page.Events = append(page.Events, e)
	}
	if err := rows.Err(); err != nil {
		return event.Page{}, fmt.Errorf("search events: %w", err)
	}
	switch {
	case cut && q.Ascending:
		page.Next = to
	case cut:
		page.Next = from
	}
	return page, nil
}

// maxCameraWalks is how many cameras get an indexed walk each. SQLite merges
// 500 at most; more cameras than these are a condition on each row instead.
const maxCameraWalks = 50

// residual reports whether the filter has a condition that no index answers.
func residual(f event.Filter) bool {
	return len(f.Sources) > 0 || !f.Since.IsZero() || !f.Until.IsZero() || f.Text != "" || !f.Conditions.Empty() ||
		len(f.Cameras) > 0 && (typed(f) || !walksCameras(f.Cameras))
}

// typed reports whether the filter leaves any type out.
func typed(f event.Filter) bool { return f.Types != 0 && f.Types&event.AllTypes == 0 }

// walksCameras reports whether the index answers for the cameras. Events
// without a camera, which the empty name asks for, aren't in it.
func walksCameras(cameras []string) bool {
	return len(cameras) <= maxCameraWalks && !slices.Contains(cameras, "")
}

// searchSQL makes one indexed walk for each camera or type that is asked for
// and lets SQLite merge them by sequence number as it goes.
func searchSQL(q event.Query, from, to int64) (string, []any) {
	order := " ORDER BY seq DESC"
	if q.Ascending {
		order = " ORDER BY seq"
	}
	var where strings.Builder
	common := []any{from, to}
	where.WriteString("seq BETWEEN ? AND ?")
	anyOf := func(column string, names []string) {
		where.WriteString(" AND " + column + " IN (?" + strings.Repeat(", ?", len(names)-1) + ")")
		for _, name := range names {
			common = append(common, name)
		}
	}
	if len(q.Sources) > 0 {
		anyOf("source", q.Sources)
	}
	// A camera that is named twice is walked once.
	cameras := slices.Compact(slices.Sorted(slices.Values(q.Cameras)))
	if len(cameras) > 0 && !walksCameras(cameras) {
		anyOf("coalesce(camera, '')", cameras)
		cameras = nil
	}
	for _, bound := range []struct {
		t  time.Time
		op string
	}{{q.Since, " AND at >= ?"}, {q.Until, " AND at < ?"}} {
		if !bound.t.IsZero() {
			where.WriteString(bound.op)
			common = append(common, ceilMicro(bound.t))
		}
	}
	var walks []string
	var args []any
	walk := func(condition string, value any) {
		walks = append(walks, "SELECT "+eventColumns+" FROM events WHERE "+condition+where.String())
		if value != nil {
			args = append(args, value)
		}
		args = append(args, common...)
	}
	switch {
	case len(cameras) > 0:
		if typed(q.Filter) {
			where.WriteString(" AND (1 << +type) & ? != 0")
			common = append(common, int64(q.Types))
		}
		for _, camera := range cameras {
			walk("camera = ? AND ", camera)
		}
	case typed(q.Filter):
		for _, t := range q.Types.Each() {
			walk("type = ? AND ", int64(t))
		}
	default:
		walk("", nil)
	}
	return strings.Join(walks, " UNION ALL ") + order, args
}

// ceilMicro is t in Unix microseconds, a finer time's next one: an event at
// or after t is at or after that.
func ceilMicro(t time.Time) int64 {
	us := t.UnixMicro()
	if event.FromMicro(us).Before(t) {
		us++
	}
	return us
}
