package shift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"postern/internal/event"
)

// maxShifts is the largest number of shifts of a day.
const maxShifts = 12

// Plan has the times of day at which a shift begins, as the time since midnight, in
// order. Each shift ends where the next one begins. The empty plan is the default one.
type Plan []time.Duration

// Default is the plan of three shifts.
var Default = Plan{6 * time.Hour, 14 * time.Hour, 22 * time.Hour}

// Parse reads a plan such as "06:00,14:00,22:00".
func Parse(text string) (Plan, error) {
	var plan Plan
	for part := range strings.SplitSeq(text, ",") {
		at, err := time.Parse("15:04", strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%q is not a time of day; write shifts as 06:00,14:00,22:00", part)
		}
		plan = append(plan, time.Duration(at.Hour())*time.Hour+time.Duration(at.Minute())*time.Minute)
	}
	if !slices.IsSorted(plan) || len(slices.Compact(slices.Clone(plan))) < len(plan) || len(plan) > maxShifts {
		return nil, fmt.Errorf("the shifts %q must be at most %d times of day, in order and each once", text, maxShifts)
	}
	return plan, nil
}

// Period is a time range; End is exclusive.
type Period struct{ Start, End time.Time }

// At returns the shift of a time in a zone.
func (p Plan) At(t time.Time, zone *time.Location) Period {
	starts := p.starts(t, zone)
	i, found := slices.BinarySearchFunc(starts, t, time.Time.Compare)
	if !found {
		i-- // starts begin the day before
	}
	return Period{starts[i], starts[i+1]}
}

// LastNight returns the latest night that has begun: the shift that goes on at
// midnight.
func (p Plan) LastNight(now time.Time, zone *time.Location) Period {
	local := now.In(zone)
	midnight := event.InZone(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC), zone)
	tomorrow := event.InZone(time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, time.UTC), zone)
	if next := p.At(tomorrow, zone); !next.Start.After(now) {
		return next
	}
	return p.At(midnight, zone)
}

// starts returns when the shifts around a time begin, from the day before to the day
// after the next, in order.
func (p Plan) starts(t time.Time, zone *time.Location) (starts []time.Time) {
	if len(p) == 0 {
		p = Default
	}
	local := t.In(zone)
	for day := -1; day <= 2; day++ {
		for _, at := range p {
			wall := time.Date(local.Year(), local.Month(), local.Day()+day, 0, 0, 0, 0, time.UTC).Add(at)
			starts = append(starts, event.InZone(wall, zone).UTC())
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	return slices.Compact(starts)
}

// String writes the plan as Parse reads it.
func (p Plan) String() string {
	texts := make([]string, len(p))
	for i, at := range p {
		texts[i] = time.Time{}.Add(at).Format("15:04")
	}
	return strings.Join(texts, ",")
}

// Names of the periods that addresses and saved views have.
const (
	ThisShift = "this-shift"
	LastShift = "last-shift"
	LastNight = "last-night"
)

// Named returns the period of a name at a time; false for another name.
func (p Plan) Named(name string, now time.Time, zone *time.Location) (Period, bool) {
	switch name {
	case ThisShift:
		return p.At(now, zone), true
	case LastShift:
		return p.At(p.At(now, zone).Start.Add(-1), zone), true
	case LastNight:
		return p.LastNight(now, zone), true
	}
	return Period{}, false
}
