package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
)

// Minute counts a minute's events by type. One that is not Known is a gap,
// not a zero.
type Minute struct {
	Start  time.Time
	ByType []int64 // by event.Type
	Known  bool
	// AtLeast says that more may have arrived, in events that are gone.
	AtLeast bool
}

func (m Minute) count(t event.Type) int64 {
	if int(t) < len(m.ByType) {
		return m.ByType[t]
	}
	return 0
}

// received writes how many events arrived in all minutes.
func received(minutes []Minute) string { return countIn(minutes, hourTotal(minutes)) }

// countIn writes a number that was counted in minutes.
func countIn(minutes []Minute, n int64) string {
	return atLeast(n, slices.ContainsFunc(minutes, func(m Minute) bool { return m.AtLeast }))
}

// atLeast writes a number that may be too small.
func atLeast(n int64, orMore bool) string {
	if orMore {
		return "at least " + Count(n)
	}
	return Count(n)
}

func hourTotal(minutes []Minute) (n int64) {
	for _, m := range minutes {
		for _, count := range m.ByType {
			n += count
		}
	}
	return n
}

func typeTotal(minutes []Minute, t event.Type) (n int64) {
	for _, m := range minutes {
		n += m.count(t)
	}
	return n
}

// perMinute is the mean over the minutes that are over and were counted. The
// one under way would pull it down.
func perMinute(minutes []Minute, t event.Type) string {
	var n, known int64
	for i, m := range minutes {
		if m.Known && i < len(minutes)-1 {
			n += m.count(t)
			known++
		}
	}
	switch {
	case known == 0:
		return "–"
	case n == 0:
		return "0"
	}
	mean := float64(n) / float64(known)
	switch {
	case mean < 0.05:
		return "<0.1"
	case mean < 10:
		return strconv.FormatFloat(mean, 'f', 1, 64)
	}
	return Count(int64(mean + 0.5))
}

// barHeight scales a minute to the type's own highest, 1 to 18. Any event at
// all is seen.
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

func sparkWords(minutes []Minute, in event.Info) string {
	var highest int64
	for _, m := range minutes {
		highest = max(highest, m.count(in.Type))
	}
	return in.Words + ": " + Count(typeTotal(minutes, in.Type)) + " in the last hour, at most " + Count(highest) + " in a minute"
}

func countState(endpoints []Endpoint, s State) (n int) {
	for _, e := range endpoints {
		if e.State == s {
			n++
		}
	}
	return n
}

func paused(endpoints []Endpoint) int { return countState(endpoints, StatePaused) }

func first(endpoints []Endpoint, n int) []Endpoint {
	return endpoints[:min(n, len(endpoints))]
}

// lastHour are the minutes of the last hour.
func (p OverviewProps) lastHour() []Minute {
	return p.Minutes[max(0, len(p.Minutes)-60):]
}

func (p OverviewProps) hourChart() Chart {
	return Chart{Title: "Received per minute, last hour", ID: "hour", Bars: p.lastHour(), Length: time.Minute, Row: 5 * time.Minute}
}

func (p OverviewProps) dayChart() Chart {
	return Chart{Title: "Received per 15 minutes, last 24 hours", ID: "day", Bars: Bars(p.Minutes, 15*time.Minute), Length: 15 * time.Minute, Row: time.Hour}
}

// backlog is how many deliveries wait at all webhooks.
func (p OverviewProps) backlog() string {
	var n int64
	estimated := false
	for _, e := range p.Endpoints {
		n += max(e.Waiting, 0) + int64(e.Retrying)
		estimated = estimated || e.Estimated
	}
	if estimated {
		return "about " + Count(n)
	}
	return Count(n)
}
