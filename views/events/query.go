package events

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
	"postern/internal/shift"
	"postern/views/ui"
)

// Query is the events page's query, in the form that its URL has.
type Query struct {
	event.Filter
	// SinceWord and UntilWord are the ends of the time range as the URL has them, if
	// they are relative to now ("-1h", "today"). The filter has the times that they
	// stand for.
	RelativeSince, RelativeUntil string
	// Range is the name of the range where the URL has that: a period of package shift.
	// The filter has its times.
	Range string
	// Still asks for a page without live updates (live=off).
	Still bool
}

// values is q as a URL's query. Relative times stay relative, so that a page sent to a
// colleague still means "the last hour".
func (q Query) values() url.Values {
	v := ui.FilterQuery(q.Filter)
	if q.RelativeSince != "" {
		v.Set("since", q.RelativeSince)
	}
	if q.RelativeUntil != "" {
		v.Set("until", q.RelativeUntil)
	}
	if q.Range != "" {
		v.Del("since")
		v.Del("until")
		v.Set("range", q.Range)
	}
	if q.Still {
		v.Set("live", "off")
	}
	return v
}

// url is the address of path with the query, and with a cursor if it isn't empty.
func (q Query) url(path, cursor string) templ.SafeURL {
	v := q.values()
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	if len(v) == 0 {
		return ui.URL(path)
	}
	return ui.URL(path + "?" + v.Encode())
}

// socketURL is the address of the page's live socket, with the times of a named range.
func (q Query) socketURL() string {
	q.Range = ""
	return string(q.url("/live/socket", ""))
}

// exportURL is the address of the filtered events as a file.
func (q Query) exportURL(format string) templ.SafeURL {
	q.Still, q.Range = false, ""
	v := q.values()
	v.Set("format", format)
	return ui.URL("/api/v1/events/export?" + v.Encode())
}

// filtered reports whether the query excludes any event.
func (q Query) filtered() bool { return len(ui.FilterQuery(q.Filter)) > 0 }

// withTypes returns q with other types.
func (q Query) withTypes(f event.Filter) Query {
	q.Types = f.Types
	return q
}

// between returns q with another time range.
func (q Query) between(since, until string) Query {
	q.Since, q.Until, q.RelativeSince, q.RelativeUntil, q.Range = time.Time{}, time.Time{}, since, until, ""
	return q
}

// named returns q with a named time range.
func (q Query) named(name string) Query {
	q = q.between("", "")
	q.Range = name
	return q
}

// all returns q without filters. Whether the page is live stays.
func (q Query) all() Query { return Query{Still: q.Still} }

// activeFilter is an active filter, with the query without it.
type activeFilter struct {
	Before, Value, After string
	Camera               string // the camera that is meant, which is shown as its name
	Without              Query
}

// activeFilters are the active filters besides types, which have chips of their own.
func (q Query) activeFilters() []activeFilter {
	var all []activeFilter
	for i, camera := range q.Cameras {
		without := q
		without.Cameras = except(q.Cameras, i)
		all = append(all, activeFilter{Before: "at ", Value: ui.Tidy(camera), Camera: camera, Without: without})
	}
	for i, source := range q.Sources {
		without := q
		without.Sources = except(q.Sources, i)
		all = append(all, activeFilter{Before: "from ", Value: ui.Tidy(source), Without: without})
	}
	if q.Text != "" {
		without := q
		without.Text = ""
		all = append(all, activeFilter{Before: "with “", Value: ui.Tidy(q.Text), After: "”", Without: without})
	}
	return all
}

// filters counts the active filters: each type, name and text, and the time range as
// one.
func (q Query) filters() int {
	n := len(q.activeFilters()) + len(typeNames(q.Types))
	if q.ranged() {
		n++
	}
	return n
}

// ranged reports whether the query has a time range.
func (q Query) ranged() bool { return q.Range != "" || !q.Since.IsZero() || !q.Until.IsZero() }

func except(names []string, i int) []string {
	return append(append([]string(nil), names[:i]...), names[i+1:]...)
}

// timePreset is a time range with a chip of its own.
type timePreset struct {
	Words, Since string
	// Range is the name of the range in place of Since.
	Range string
}

var timePresets = []timePreset{
	{"Any time", "", ""}, {"15 min", "-15m", ""}, {"Hour", "-1h", ""}, {"This shift", "", shift.ThisShift},
	{"Last night", "", shift.LastNight}, {"Today", "today", ""}, {"24 h", "-24h", ""}, {"7 days", "-7d", ""},
}

// selected reports whether q has the range p.
func (p timePreset) selected(q Query) bool {
	if p.Range != "" || q.Range != "" {
		return q.Range == p.Range
	}
	if p.Since == "" {
		return !q.ranged()
	}
	if q.RelativeUntil != "" || !q.Until.IsZero() {
		return false
	}
	return q.RelativeSince == p.Since || p.Since == "today" && strings.HasPrefix(q.RelativeSince, "today")
}

// custom reports whether the time range is no preset.
func (q Query) custom() bool {
	for _, p := range timePresets {
		if p.selected(q) {
			return false
		}
	}
	return true
}

// momentWords describes a relative time: "an hour ago".
func momentWords(word string) string {
	if strings.HasPrefix(word, "today") {
		return "the start of today"
	}
	for _, p := range []struct{ word, words string }{
		{"-15m", "15 min ago"}, {"-1h", "an hour ago"}, {"-24h", "24 h ago"}, {"-7d", "7 days ago"},
	} {
		if p.word == word {
			return p.words
		}
	}
	amount := strings.TrimPrefix(word, "-")
	unit := map[byte][2]string{'s': {"s", "s"}, 'm': {"min", "min"}, 'h': {"h", "h"}, 'd': {"day", "days"}, 'w': {"week", "weeks"}}
	if last := len(amount) - 1; last > 0 {
		if n, err := strconv.ParseInt(amount[:last], 10, 64); err == nil {
			return ui.Counted(n, unit[amount[last]][0], unit[amount[last]][1]) + " ago"
		}
	}
	return word
}

// TypeCounts counts events by type. The zero value means that the counts aren't known.
type TypeCounts struct {
	Counts map[event.Type]int64
	// Over describes the counted events; it follows the word "events", such as "kept".
	Over string
}

// allTypeNames names each type of a set.
func allTypeNames(s event.TypeSet) string {
	if s&event.AllTypes != 0 {
		return "All types of events"
	}
	var names []string
	for i, t := range s.Each() {
		name := t.Info().Words
		if i > 0 {
			name = strings.ToLower(name[:1]) + name[1:]
		}
		names = append(names, name)
	}
	return ui.List(names)
}

// withType adds a type to the filter, or removes it if the filter has it.
func withType(f event.Filter, t event.Type) event.Filter {
	if f.Types&event.AllTypes != 0 {
		f.Types = 0
	}
	f.Types ^= event.Types(t)
	return f
}

func withoutTypes(f event.Filter) event.Filter {
	f.Types = 0
	return f
}
