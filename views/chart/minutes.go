package chart

import (
	"slices"
	"strconv"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// Minute counts a minute's events by type. Without Known there is no data, which isn't
// zero.
type Minute struct {
	Start  time.Time
	ByType []int64 // by event.Type
	Known  bool
	// AtLeast says that more events may have arrived, which are gone.
	AtLeast bool
}

func (m Minute) count(t event.Type) int64 {
	if int(t) < len(m.ByType) {
		return m.ByType[t]
	}
	return 0
}

// Received writes the number of events in all minutes.
func Received(minutes []Minute) string { return CountIn(minutes, hourTotal(minutes)) }

// CountIn writes a number that was counted in minutes.
func CountIn(minutes []Minute, n int64) string {
	return ui.AtLeast(n, slices.ContainsFunc(minutes, func(m Minute) bool { return m.AtLeast }))
}

func hourTotal(minutes []Minute) (n int64) {
	for _, m := range minutes {
		for _, count := range m.ByType {
			n += count
		}
	}
	return n
}

// TypeTotal counts the events of a type in all minutes.
func TypeTotal(minutes []Minute, t event.Type) (n int64) {
	for _, m := range minutes {
		n += m.count(t)
	}
	return n
}

// perMinute is the mean over the complete minutes with data. The current minute would
// lower it.
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
	return ui.Count(int64(mean + 0.5))
}
