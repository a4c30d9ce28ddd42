package event

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxAgo is the greatest age of a relative time: longer than any store, and
// far from the ends of time.
const maxAgo = 100 * 366 * 24 * time.Hour

// ParseMoment parses a time in a request, other than an event's timestamp:
//
//   - RFC 3339 with an offset: 2026-03-19T10:32:15Z
//   - the time since 1970 as a number: seconds below 100,000,000,000, else
//     milliseconds
//   - before now: "-15m", a whole number of s, m, h, d or w
//   - the last midnight: "today" in the zone, "today+01:00" where the clock is
//     that much ahead of UTC
//
// zone is the time zone of text that a person types on a page. With a zone, a
// time may lack its offset and its seconds (2026-03-19T10:32), or be a date
// alone. Without one, a time needs its offset, and today is in UTC.
//
// relative reports whether the text means a different time later on; callers
// that store it then store the text. The error is a whole sentence.
func ParseMoment(s string, now time.Time, zone *time.Location) (t time.Time, relative bool, err error) {
	if amount, ok := strings.CutPrefix(s, "-"); ok {
		ago, err := parseAgo(amount)
		return now.UTC().Add(-ago).Truncate(time.Microsecond), true, err
	}
	if offset, ok := strings.CutPrefix(s, "today"); ok {
		if zone, err = todayZone(offset, zone); err != nil {
			return time.Time{}, true, err
		}
		local := now.In(zone)
		return InZone(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC), zone).UTC(), true, nil
	}
	if number := jsontext.Value(s); number.Kind() == '0' && number.IsValid() {
		t, err = parseEpoch(s)
		return t, false, err
	}
	if t, err = parseClock([]byte(s), zone); err != nil {
		err = fmt.Errorf("%w A time before now is -15m, -1h, -7d or today; seconds or milliseconds since 1970 are a number.", err)
	}
	return t, false, err
}

var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

func parseAgo(amount string) (time.Duration, error) {
	wrong := fmt.Errorf("The time %q is not one before now. Write a whole number and one of s, m, h, d and w, as in -15m.",
		clip("-"+amount, 40))
	if len(amount) < 2 {
		return 0, wrong
	}
	unit, ok := units[amount[len(amount)-1]]
	n, err := strconv.ParseUint(amount[:len(amount)-1], 10, 32)
	if !ok || err != nil {
		return 0, wrong
	}
	if n > uint64(maxAgo/unit) {
		return 0, fmt.Errorf("The time %q is more than a hundred years ago.", clip("-"+amount, 40))
	}
	return time.Duration(n) * unit, nil
}

// todayZone is the zone of a "today" with an offset behind it; without one it
// is the zone given, else UTC.
func todayZone(offset string, zone *time.Location) (*time.Location, error) {
	if offset == "" {
		if zone == nil {
			zone = time.UTC
		}
		return zone, nil
	}
	c := clock{rest: []byte(offset)}
	seconds, ok := c.offset()
	if !ok || len(c.rest) > 0 || strings.ContainsAny(offset, "Zz") {
		return nil, fmt.Errorf("The time %q has no offset from UTC that can be read. Write today, or today+01:00.", clip("today"+offset, 40))
	}
	return time.FixedZone("", seconds), nil
}
