package event

import (
	"errors"
	"fmt"
	"time"
)

// exampleTime is the example in refusals.
const exampleTime = "2026-03-19T10:32:15Z"

// clock reads a date and a time of day from left to right. reason describes the
// first error.
type clock struct {
	rest   []byte
	reason string
}

// number reads a fixed count of digits; -1 where they are missing.
func (c *clock) number(digits int) int {
	if len(c.rest) < digits {
		return -1
	}
	n := 0
	for _, d := range c.rest[:digits] {
		if d < '0' || d > '9' {
			return -1
		}
		n = n*10 + int(d-'0')
	}
	c.rest = c.rest[digits:]
	return n
}

// take reads one of the given characters, and reports whether it was there.
func (c *clock) take(either string) bool {
	for i := range len(either) {
		if len(c.rest) > 0 && c.rest[0] == either[i] {
			c.rest = c.rest[1:]
			return true
		}
	}
	return false
}

// fail notes the reason, and marks the time as invalid.
func (c *clock) fail(reason string) bool {
	c.reason = reason
	return false
}

// date reads a date that exists in the calendar.
func (c *clock) date() (year, month, day int, ok bool) {
	if year = c.number(4); year < 0 || !c.take("-") {
		return 0, 0, 0, false
	}
	if month = c.number(2); month < 0 || !c.take("-") {
		return 0, 0, 0, false
	}
	if day = c.number(2); day < 0 {
		return 0, 0, 0, false
	}
	if month < 1 || month > 12 || day < 1 || day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return 0, 0, 0, c.fail("has a date that the calendar doesn't have")
	}
	return year, month, day, true
}

// timeOfDay reads hours, minutes and seconds with a fraction. A person may
// leave the seconds out.
func (c *clock) timeOfDay(typed bool) (hour, minute, second, micro int, ok bool) {
	if hour = c.number(2); hour < 0 || !c.take(":") {
		return 0, 0, 0, 0, false
	}
	if minute = c.number(2); minute < 0 {
		return 0, 0, 0, 0, false
	}
	if c.take(":") {
		if second = c.number(2); second < 0 {
			return 0, 0, 0, 0, false
		}
	} else if !typed {
		return 0, 0, 0, 0, c.fail("has no seconds")
	}
	if hour > 23 || minute > 59 || second > 60 {
		return 0, 0, 0, 0, c.fail("has a time of day beyond 23:59:59")
	}
	if c.take(",") {
		return 0, 0, 0, 0, c.fail("has a comma before the fraction of a second, which takes a dot")
	}
	if c.take(".") {
		digits := 0
		for unit := 100_000; len(c.rest) > 0 && c.rest[0] >= '0' && c.rest[0] <= '9'; unit /= 10 {
			micro += int(c.rest[0]-'0') * unit // unit is 0 beyond microseconds
			c.rest = c.rest[1:]
			digits++
		}
		if digits == 0 {
			return 0, 0, 0, 0, false
		}
	}
	return hour, minute, second, micro, true
}

// offset reads Z, or hours and minutes, as seconds east of UTC.
func (c *clock) offset() (seconds int, ok bool) {
	if c.take("Zz") {
		return 0, true
	}
	east := c.take("+")
	if !east && !c.take("-") {
		return 0, false
	}
	hours := c.number(2)
	if hours >= 0 && !c.take(":") {
		return 0, c.fail("has an offset that isn't written as +01:00")
	}
	minutes := c.number(2)
	if hours < 0 || minutes < 0 {
		return 0, c.fail("has an offset that isn't written as +01:00")
	}
	if hours > 23 || minutes > 59 {
		return 0, c.fail("has an offset beyond 23:59")
	}
	if seconds = hours*3600 + minutes*60; !east {
		seconds = -seconds
	}
	return seconds, true
}

// parseClock reads a date and a time of day with an offset, strictly as RFC 3339
// defines it (5.6; T and Z may be lower case), to the microsecond. Finer fractions
// are cut, not rounded. Years are 0001 to 9999. Its error is a whole sentence with
// the cause and the right form.
//
// With a zone, the text is a person's: without an offset it is in that zone, and
// the seconds, or the time of day, may be left out.
func parseClock(b []byte, zone *time.Location) (time.Time, error) {
	c := clock{rest: b}
	refuse := func() (time.Time, error) {
		if c.reason == "" {
			c.reason = "is not a date and a time of day"
		}
		return time.Time{}, fmt.Errorf("The time %q %s. Write it as %s, or with another offset as 2026-03-19T10:32:15+01:00.",
			clip(string(b), 40), c.reason, exampleTime)
	}
	year, month, day, ok := c.date()
	if !ok {
		return refuse()
	}
	if len(c.rest) == 0 && zone != nil {
		return bounded(InZone(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC), zone))
	}
	separators := "Tt"
	if zone != nil {
		separators = "Tt "
	}
	if !c.take(separators) {
		switch {
		case len(c.rest) == 0:
			c.reason = "is a date without a time of day"
		case c.rest[0] == ' ':
			c.reason = "has a blank where a T separates date and time of day"
		}
		return refuse()
	}
	hour, minute, second, micro, ok := c.timeOfDay(zone != nil)
	if !ok {
		return refuse()
	}
	leap := second == 60
	if leap {
		second = 59
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, micro*1000, time.UTC)
	switch {
	case len(c.rest) > 0:
		offset, ok := c.offset()
		if !ok || len(c.rest) > 0 {
			return refuse()
		}
		t = t.Add(-time.Duration(offset) * time.Second)
	case zone != nil:
		t = InZone(t, zone)
	default:
		c.reason = "has no offset from UTC"
		return refuse()
	}
	if leap {
		// A leap second ends a month in UTC. It counts as the second after
		// it, as in POSIX time.
		if t = t.Add(time.Second); t.UTC().Day() != 1 || t.UTC().Hour() != 0 || t.UTC().Minute() != 0 || t.UTC().Second() != 0 {
			c.reason = "has a second 60 where no leap second can be"
			return refuse()
		}
	}
	return bounded(t)
}

// bounded refuses a time outside the years 1 to 9999.
func bounded(t time.Time) (time.Time, error) {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errors.New("The time is outside the years 1 to 9999 in UTC.")
	}
	return t, nil
}
