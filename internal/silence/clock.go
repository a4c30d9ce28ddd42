package silence

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// days are the names of weekdays, Sunday first as in package time.
var days = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// ParseDay reads the English name of a weekday in lower case.
func ParseDay(name string) (time.Weekday, bool) {
	i := slices.Index(days, name)
	return time.Weekday(i), i >= 0
}

// DayName is the inverse of ParseDay.
func DayName(d time.Weekday) string { return days[d] }

// ParseClock reads a time of day, such as 22:00, as minutes after midnight.
func ParseClock(text string) (minutes int, ok bool) {
	at, err := time.Parse("15:04", text)
	return at.Hour()*60 + at.Minute(), err == nil
}

// FormatClock is the inverse of ParseClock.
func FormatClock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// String describes the window: "Friday, Saturday 22:00–06:00, Europe/Amsterdam".
func (w *Weekly) String() string {
	names := make([]string, len(w.Days))
	for i, d := range w.Days {
		names[i] = d.String()
	}
	if len(names) == len(days) {
		names = []string{"every day"}
	}
	return strings.Join(names, ", ") + " " + FormatClock(w.From) + "–" + FormatClock(w.To) + ", " + w.Zone
}
