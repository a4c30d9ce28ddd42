package silence

import (
	"errors"
	"slices"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
)

// Weekly is a window that recurs every week.
type Weekly struct {
	// Days are the days on which the window begins.
	Days []time.Weekday
	// From and To are minutes after midnight by the zone's clocks. A window whose To
	// isn't after its From ends on the day after.
	From, To int
	// Zone is the zone's name, such as Europe/Amsterdam.
	Zone string
}

const minutesPerDay = 24 * 60

func (w *Weekly) check() error {
	if w == nil {
		return nil
	}
	switch {
	case len(w.Days) == 0 || len(w.Days) > 7:
		return problem.InvalidField("weekly.days", "Name at least one day, each once.")
	case w.From < 0 || w.From >= minutesPerDay:
		return problem.InvalidField("weekly.from", "The time must be between 00:00 and 23:59.")
	case w.To < 0 || w.To >= minutesPerDay:
		return problem.InvalidField("weekly.to", "The time must be between 00:00 and 23:59.")
	}
	if _, err := w.location(); err != nil {
		return problem.InvalidField("weekly.zone", "There is no time zone %q. Use a name such as Europe/Amsterdam.", w.Zone)
	}
	return nil
}

// locations are the zones that were loaded, by name: time.LoadLocation reads a file
// each time. Only the names of zones that exist are kept.
var locations sync.Map

func (w *Weekly) location() (*time.Location, error) {
	if known, ok := locations.Load(w.Zone); ok {
		return known.(*time.Location), nil
	}
	if w.Zone == "" || w.Zone == "Local" { // "" would be UTC, and Local the machine's
		return nil, errors.New("no zone is named")
	}
	zone, err := time.LoadLocation(w.Zone)
	if err == nil {
		locations.Store(w.Zone, zone)
	}
	return zone, err
}

// contains reports whether a time is in a window.
func (w *Weekly) contains(at time.Time) bool {
	from, until := w.next(at)
	return !at.Before(from) && at.Before(until)
}

// next returns the window that contains a time, or the first one after it.
func (w *Weekly) next(at time.Time) (from, until time.Time) {
	zone, err := w.location()
	if err != nil { // a zone that this machine doesn't know any more
		zone = time.UTC
	}
	local := at.In(zone)
	for ahead := -1; ahead <= 7; ahead++ {
		day := time.Date(local.Year(), local.Month(), local.Day()+ahead, 0, 0, 0, 0, time.UTC)
		if !slices.Contains(w.Days, day.Weekday()) {
			continue
		}
		to := w.To
		if to <= w.From {
			to += minutesPerDay
		}
		from = event.InZone(day.Add(time.Duration(w.From)*time.Minute), zone)
		until = event.InZone(day.Add(time.Duration(to)*time.Minute), zone)
		if until.After(at) {
			return from, until
		}
	}
	return from, until
}
