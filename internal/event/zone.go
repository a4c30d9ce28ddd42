package event

import "time"

// InZone is the moment at which the clocks of a zone show what wall shows, whose
// own zone doesn't count. Of a time that comes twice, when clocks are put back,
// it is the first; of one that is left out, when they are put forward, it is as
// long after the change as the time that was left out says (02:30 is 03:30).
func InZone(wall time.Time, zone *time.Location) time.Time {
	wall = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), time.UTC)
	at := func(near time.Time) (time.Time, bool) {
		_, offset := near.In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		_, really := t.In(zone).Zone()
		return t, really == offset
	}
	// No zone changes twice in two days.
	before, ok := at(wall.Add(-24 * time.Hour))
	if ok {
		return before
	}
	if after, ok := at(wall.Add(24 * time.Hour)); ok {
		return after
	}
	return before
}
