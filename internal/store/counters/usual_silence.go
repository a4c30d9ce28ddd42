package counters

import (
	"slices"
	"time"

	"postern/internal/event"
)

// activeWithin is how near to a time a camera must have been active for its
// silence at that time to say anything. Over a weekend it may be that long.
const activeWithin = 36 // hours

// silenceSlack is by how much a camera's silent hours may differ from day to day.
const silenceSlack = time.Hour

// SilentAsUsual reports whether a camera that has been silent for a time usually
// is at this time: it was on the same day of the week before, by the hour, or
// if nothing is known of that day, the day before, by the minute.
func (c *Counters) SilentAsUsual(name string, now time.Time, silent time.Duration) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	camera, known := c.numbers[name]
	if !known {
		return false
	}
	if weekBefore := now.Add(-7 * 24 * time.Hour); c.activeAround(camera, weekBefore) {
		for hour := weekBefore.Add(-silenceSlack).Unix() / 3600; hour <= weekBefore.Add(silenceSlack).Unix()/3600; hour++ {
			if !active(c.hours[hour], camera) {
				return true
			}
		}
		return false
	}
	// Half the slack must have been silent, so that a camera may begin and end
	// its day somewhat sooner or later than the day before.
	enough := int64(min(silent, silenceSlack/2) / time.Minute)
	from, to := now.Add(-24*time.Hour-silenceSlack).Unix()/60, now.Add(-24*time.Hour+silenceSlack).Unix()/60
	if !c.activeAround(camera, now.Add(-24*time.Hour)) || c.wasDownBetween(from, to) {
		return false
	}
	silentMinutes := int64(0)
	for minute := from; minute <= to; minute++ {
		if slot := &c.minutes[minute%MinutesKept]; slot.at == minute && active(slot.counters, camera) {
			silentMinutes = 0
		} else if silentMinutes++; silentMinutes > enough {
			return true
		}
	}
	return false
}

// activeAround reports whether a camera was active within activeWithin of a time,
// by the hour. The caller holds mu.
func (c *Counters) activeAround(camera uint32, at time.Time) bool {
	for hour := at.Unix()/3600 - activeWithin; hour <= at.Unix()/3600+activeWithin; hour++ {
		if active(c.hours[hour], camera) {
			return true
		}
	}
	return false
}

// active reports whether sorted counters have a normal event of a camera.
func active(counters []counter, camera uint32) bool {
	return slices.ContainsFunc(ofCamera(counters, camera), func(one counter) bool { return one.typ != event.SystemError })
}
