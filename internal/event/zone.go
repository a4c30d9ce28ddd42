package event

import "time"

// InZone returns the time at which the clocks of a zone show the date and the time of
// day of wall, whose own zone is ignored. If the clocks show them twice, since they
// are put back, it returns the first time. If they skip them, since they are put
// forward, it returns the time that is as long after the change (02:30 is 03:30).
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
