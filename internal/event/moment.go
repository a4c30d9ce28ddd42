package event

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxAgo bounds how far back a relative moment reaches: longer than any
// journal, and far from the ends of time.
const maxAgo = 100 * 366 * 24 * time.Hour

// ParseMoment reads a time as a query gives it: in RFC 3339, or relative to
// now, so that a query that is kept goes on meaning the same. Relative are
// "-15m" and the like (a whole number of s, m, h, d or w before now) and
// "today", the last midnight in UTC; "today+01:00" is the last midnight where
// the clock is that much ahead of UTC. relative says which of the two it was.
func ParseMoment(s string, now time.Time) (t time.Time, relative bool, err error) {
	if amount, ok := strings.CutPrefix(s, "-"); ok {
		ago, err := parseAgo(amount)
		return now.UTC().Add(-ago).Truncate(time.Microsecond), true, err
	}
	if zone, ok := strings.CutPrefix(s, "today"); ok {
		offset, err := parseOffset(zone)
		if err != nil {
			return time.Time{}, true, err
		}
		local := now.In(time.FixedZone("", offset))
		return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location()).UTC(), true, nil
	}
	t, err = ParseTime(s)
	if err != nil {
		err = fmt.Errorf("%w, or relative to now as -15m, -1h, -7d or today", err)
	}
	return t, false, err
}

var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

func parseAgo(amount string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is not a time before now; write a whole number and one of s, m, h, d and w, as in -15m", clip("-"+amount, 40))
	if len(amount) < 2 {
		return 0, wrong
	}
	unit, ok := units[amount[len(amount)-1]]
	n, err := strconv.ParseUint(amount[:len(amount)-1], 10, 32)
	if !ok || err != nil {
		return 0, wrong
	}
	if n > uint64(maxAgo/unit) {
		return 0, errors.New("is more than a hundred years ago")
	}
	return time.Duration(n) * unit, nil
}

// parseOffset reads +01:00 as seconds east of UTC; nothing is UTC itself.
func parseOffset(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse("-07:00", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a zone's distance from UTC; write today, or today+01:00", clip(s, 40))
	}
	_, offset := t.Zone()
	return offset, nil
}
