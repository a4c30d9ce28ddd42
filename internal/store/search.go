package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"postern/internal/event"
)

// searchSpan bounds what one page of a search may cost where no index of the
// file answers it: as much as looking at so many events' times or types does. A
// page that reaches the bound ends early and has a Next.
const searchSpan = 20_000

// What the other steps of a search cost, in the same measure.
const (
	partCost = 400 // reading a part of a stretch's index
	readCost = 40  // reading an event by its number, in vain
	textCost = 8   // looking at an event's text
	timeCost = stretchEvents / 2
)

// Search returns a page of history. A filter by type and camera is answered
// from an index whatever the store's size. For each further condition the
// stretches of the log that can't have it are left out; of the others, their
// indexes say which events may have a text or source, and events' times are
// looked at, as far as searchSpan goes.
func (j *Store) Search(ctx context.Context, q event.Query) (event.Page, error) {
	from, to := q.Cursor+1, j.Head() // the range left to search
	if !q.Ascending {
		from = 1
		if q.Cursor > 0 {
			to = min(to, q.Cursor-1)
		}
	}
	from = max(from, j.First())
	s, err := j.seek(ctx, q.Filter)
	if err != nil {
		return event.Page{}, fmt.Errorf("search events: %w", err)
	}
	if q.Text != "" && s.text == "" {
		return event.Page{}, nil // marks alone, which nothing has once it is folded
	}
	q.Text = s.text // folded once, not for each event
	var page event.Page
	for left := j.searchSpan; from <= to; {
		part := j.nextPart(&q, s, from, to, left)
		if part.from <= part.to {
			var full bool
			if picked(&q.Filter) {
				full, err = j.searchPicked(ctx, &q, s, &part, left, &page)
			} else {
				full, err = j.searchPart(ctx, &q, part.from, part.to, &page)
			}
			if err != nil {
				return event.Page{}, fmt.Errorf("search events: %w", err)
			}
			if full {
				page.Next = page.Last()
				return page, nil
			}
			left -= part.cost
		}
		if q.Ascending {
			from = part.to + 1
		} else {
			to = part.from - 1
		}
		if left <= 0 && from <= to {
			// The next page begins beside what was looked at last.
			if page.Next = to + 1; q.Ascending {
				page.Next = from - 1
			}
			return page, nil
		}
	}
	return page, nil
}

// part is a range of the log to search, and how many events of it have to be
// looked at. It may be empty: then from and to say where to go on.
type part struct{ from, to, cost int64 }

// nextPart returns the first part of the range, as the query goes, that may
// have what it asks for: neighbouring stretches that cost at most left.
func (j *Store) nextPart(q *event.Query, s *sought, from, to, left int64) part {
	var p part
	found := false
	if indexed(&q.Filter) && !timesOut(&q.Filter) {
		return part{from, to, 0}
	}
	for from <= to {
		n := stretchOf(from)
		if !q.Ascending {
			n = stretchOf(to)
		}
		low, high := max(from, n*stretchEvents+1), min(to, (n+1)*stretchEvents)
		answer := j.stretches.judge(n, s)
		if answer == none {
			if found {
				return p
			}
		} else if picked(&q.Filter) {
			return part{low, high, 0}
		} else {
			cost := int64(0)
			if answer == maybe && timesOut(&q.Filter) || !indexed(&q.Filter) {
				cost = min(high-low+1, left-p.cost)
				if q.Ascending {
					high = low + cost - 1
				} else {
					low = high - cost + 1
				}
			}
			if !found {
				p = part{low, high, 0}
				found = true
			}
			p.from, p.to, p.cost = min(p.from, low), max(p.to, high), p.cost+cost
			if p.cost == left {
				return p
			}
		}
		if q.Ascending {
			from = high + 1
		} else {
			to = low - 1
		}
	}
	if !found {
		return part{from: from, to: from - 1} // nothing is left
	}
	return p
}

// searchPart adds what it finds from one number to another, and reports
// whether there is more than the page may have.
func (s *Store) searchPart(ctx context.Context, q *event.Query, from, to int64, page *event.Page) (full bool, err error) {
	query, args := searchSQL(q, from, to)
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var met []int64
	for rows.Next() {
		e, err := s.scanEvent(rows)
		if damaged := (*DamagedError)(nil); errors.As(err, &damaged) {
			met = append(met, damaged.Seq)
			page.Damaged = append(page.Damaged, damaged.Seq)
			continue
		}
		if err != nil {
			return false, err
		}
		met = append(met, e.Seq)
		if (q.Text != "" || !q.Conditions.Empty()) && !q.Match(e) {
			continue
		}
		if page.Full(q.Limit, s.opts.PageBytes) {
			return true, nil
		}
		page.Add(e)
	}
	if err := rows.Err(); err != nil || !everything(&q.Filter) {
		return false, err
	}
	if !q.Ascending {
		slices.Reverse(met)
	}
	absent := s.absentIn(from, to, met)
	s.noteDamage(absent...)
	page.Damaged = append(page.Damaged, absent...)
	return false, nil
}

// everything reports whether a filter leaves no event out.
func everything(f *event.Filter) bool {
	return indexed(f) && !timesOut(f) && !typed(*f) && len(f.Cameras) == 0
}

// maxCameraWalks is how many cameras get an indexed walk each. SQLite merges
// 500 at most; more cameras than these are a condition on each row instead.
const maxCameraWalks = 50

// indexed reports whether an index answers all of the filter but its times.
func indexed(f *event.Filter) bool {
	return len(f.Sources) == 0 && f.Text == "" && f.Conditions.Empty() && (len(f.Cameras) == 0 || walksCameras(f.Cameras))
}

// timesOut reports whether the filter leaves any time out.
func timesOut(f *event.Filter) bool { return !f.Since.IsZero() || !f.Until.IsZero() }

// typed reports whether the filter leaves any type out.
func typed(f event.Filter) bool { return f.Types != 0 && f.Types&event.AllTypes == 0 }

// walksCameras reports whether the index answers for the cameras. Events
// without a camera, which the empty name asks for, aren't in it.
func walksCameras(cameras []string) bool {
	return len(cameras) <= maxCameraWalks && !slices.Contains(cameras, "")
}

// searchSQL makes one indexed walk for each camera and type that is asked for
// and lets SQLite merge them by sequence number as it goes.
func searchSQL(q *event.Query, from, to int64) (string, []any) {
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
	if q.Text != "" {
		condition, args := textSQL(q.Text)
		where.WriteString(condition)
		common = append(common, args...)
	}
	var walks []string
	var args []any
	walk := func(condition string, values ...any) {
		walks = append(walks, "SELECT "+eventColumns+" FROM events WHERE "+condition+where.String())
		args = append(append(args, values...), common...)
	}
	types := q.Types.Each()
	switch {
	case len(cameras) > 0:
		if !typed(q.Filter) {
			types = event.AllTypes.Each()
		}
		for _, camera := range cameras {
			for _, t := range types {
				walk("camera = ? AND type = ? AND ", camera, int64(t))
			}
		}
	case typed(q.Filter):
		for _, t := range types {
			walk("type = ? AND ", int64(t))
		}
	default:
		walk("")
	}
	return strings.Join(walks, " UNION ALL ") + order, args
}

// textSQL rules most events out before they are read: those that the text,
// which is folded, can't be in. What it lets through is still to be matched,
// since SQLite knows neither JSON's escapes nor how letters beyond ASCII are
// folded: an event that has any may have the text.
func textSQL(text string) (condition string, args []any) {
	idLetters := func(r rune) bool { return strings.ContainsRune("evt_-0123456789abcdef", unicode.ToLower(r)) }
	for _, r := range text {
		if r >= 0x80 || r == '\\' || r == '"' || r < ' ' {
			return "", nil
		}
	}
	if strings.IndexFunc(text, func(r rune) bool { return !idLetters(r) }) < 0 {
		return "", nil // it may be in an id, which is stored packed
	}
	like := "%" + strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`).Replace(text) + "%"
	condition = ` AND (data LIKE ? ESCAPE '!' OR instr(data, '\') OR octet_length(data) > length(data)`
	args = append(args, like)
	for _, column := range []string{"source", "camera", "id", "producer_id", "site"} {
		condition += " OR " + column + " LIKE ? ESCAPE '!' OR octet_length(" + column + ") > length(" + column + ")"
		args = append(args, like)
	}
	return condition + ")", args
}
