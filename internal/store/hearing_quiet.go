package store

import (
	"slices"
	"time"

	"postern/internal/event"
)

// quietKnown is how near to a time a camera must have spoken for its silence then
// to say anything: over a weekend it may be that long.
const quietKnown = 36 // hours

// quietSlack is by how much the hours in which a camera is quiet may differ
// from day to day.
const quietSlack = time.Hour

// QuietAsUsual reports whether a camera that has been silent for so long is
// usually so at this time: it was on the same day of the week before, by the
// hour, or where nothing is known of that day, the day before, by the minute.
func (s *Store) QuietAsUsual(name string, now time.Time, silent time.Duration) bool {
	a := s.activity
	a.mu.RLock()
	defer a.mu.RUnlock()
	camera, known := a.cameras[name]
	if !known {
		return false
	}
	if week := now.Add(-7 * 24 * time.Hour); a.spokeAround(camera, week) {
		for hour := week.Add(-quietSlack).Unix() / 3600; hour <= week.Add(quietSlack).Unix()/3600; hour++ {
			if !speaks(a.hours[hour], camera) {
				return true
			}
		}
		return false
	}
	// Half the slack must have been quiet, so that a camera may begin and end
	// its day somewhat sooner or later than the day before.
	enough := int64(min(silent, quietSlack/2) / time.Minute)
	from, to := now.Add(-24*time.Hour-quietSlack).Unix()/60, now.Add(-24*time.Hour+quietSlack).Unix()/60
	if !a.spokeAround(camera, now.Add(-24*time.Hour)) || a.awayBetween(from, to) {
		return false
	}
	quiet := int64(0)
	for minute := from; minute <= to; minute++ {
		if slot := &a.minutes[minute%minutesKept]; slot.at == minute && speaks(slot.cells, camera) {
			quiet = 0
		} else if quiet++; quiet > enough {
			return true
		}
	}
	return false
}

// spokeAround reports whether a camera spoke within quietKnown of a time, by the
// hour. The caller holds mu.
func (a *activity) spokeAround(camera uint32, at time.Time) bool {
	for hour := at.Unix()/3600 - quietKnown; hour <= at.Unix()/3600+quietKnown; hour++ {
		if speaks(a.hours[hour], camera) {
			return true
		}
	}
	return false
}

// speaks reports whether sorted cells have a camera's sign of life.
func speaks(cells []cell, camera uint32) bool {
	i, _ := slices.BinarySearchFunc(cells, cellKey{camera: camera}, func(c cell, k cellKey) int { return c.key().compare(k) })
	for ; i < len(cells) && cells[i].camera == camera; i++ {
		if cells[i].kind != event.SystemError {
			return true
		}
	}
	return false
}
