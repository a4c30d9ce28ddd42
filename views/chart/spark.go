package chart

import (
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// barHeight scales a minute to the type's highest one, 1 to 18. A single event can be
// seen.
func barHeight(minutes []Minute, t event.Type, i int) int {
	var highest int64
	for _, m := range minutes {
		highest = max(highest, m.count(t))
	}
	n := minutes[i].count(t)
	if n == 0 || highest == 0 {
		return 0
	}
	return int(max(2, n*18/highest))
}

func sparkPath(minutes []Minute, t event.Type) string {
	var d strings.Builder
	for i := range minutes {
		if h := barHeight(minutes, t, i); h > 0 {
			d.WriteString("M" + strconv.Itoa(i*3) + " 20v-" + strconv.Itoa(h) + "h2v" + strconv.Itoa(h) + "z")
		}
	}
	return d.String()
}

func sparkWords(minutes []Minute, in event.Info, length time.Duration) string {
	var highest int64
	for _, m := range minutes {
		highest = max(highest, m.count(in.Type))
	}
	return in.Words + ": " + ui.Count(TypeTotal(minutes, in.Type)) + " in the last " + spanWords(time.Duration(len(minutes))*length) +
		", peak " + ui.Count(highest) + " in " + ui.Span(length)
}

func spanWords(d time.Duration) string {
	if d == time.Hour {
		return "hour"
	}
	return ui.Span(d)
}
