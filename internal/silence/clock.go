package silence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"postern/internal/problem"
)

// days are the names of weekdays, Sunday first as in package time.
var days = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// DayName is the English name of a weekday in lower case.
func DayName(d time.Weekday) string { return days[d] }

// ParseWeekly reads a window from the names of its days, its times of day such as 22:00,
// and its zone. Silence.Check finds what else is wrong with it. Its errors are
// *problem.Error.
func ParseWeekly(names []string, from, to, zone string) (*Weekly, error) {
	w := &Weekly{Zone: zone}
	for _, name := range names {
		i := slices.Index(days, name)
		if i < 0 {
			return nil, problem.InvalidField("weekly.days", "There is no weekday %q. Write monday, tuesday and so on.", name)
		}
		w.Days = append(w.Days, time.Weekday(i))
	}
	var ok bool
	if w.From, ok = parseClock(from); !ok {
		return nil, problem.InvalidField("weekly.from", "Enter when the window begins, such as 22:00.")
	}
	if w.To, ok = parseClock(to); !ok {
		return nil, problem.InvalidField("weekly.to", "Enter when the window ends, such as 06:00.")
	}
	return w, nil
}

// parseClock reads a time of day as minutes after midnight.
func parseClock(text string) (minutes int, ok bool) {
	at, err := time.Parse("15:04", text)
	return at.Hour()*60 + at.Minute(), err == nil
}

// FormatClock writes minutes after midnight as a time of day.
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
