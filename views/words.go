package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
)

// Count writes a number with its thousands apart: 1,234.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Counted writes a number with its noun: "1 event", "2,000 events".
func Counted(n int64, one, many string) string {
	return Count(n) + " " + plural(n, one, many)
}

// Span writes a length of time in its two largest units: 74.5 s is "1 min 15 s".
func Span(d time.Duration) string {
	switch {
	case d < 100*time.Microsecond:
		return "under 0.1 ms"
	case d < 10*time.Millisecond:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds()*1000, 'f', 1, 64), ".0") + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
	}
	s := int64(d.Round(time.Second) / time.Second)
	for _, unit := range []struct {
		size       int64
		large      string
		smallSize  int64
		smallWords string
	}{
		{86400, " d", 3600, " h"}, {3600, " h", 60, " min"}, {60, " min", 1, " s"},
	} {
		if s >= unit.size {
			out := Count(s/unit.size) + unit.large
			if rest := s % unit.size / unit.smallSize; rest > 0 {
				out += " " + Count(rest) + unit.smallWords
			}
			return out
		}
	}
	return Count(s) + " s"
}

// AgeOf writes how long before now t was, as assets/js/ages.js goes on from there.
func AgeOf(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < -time.Minute:
		return "in the future"
	case d < 5*time.Second:
		return "just now"
	case d < time.Minute:
		return Count(int64(d/time.Second)) + " s ago"
	case d < time.Hour:
		return Count(int64(d/time.Minute)) + " min ago"
	case d < 48*time.Hour:
		return Count(int64(d/time.Hour)) + " h ago"
	}
	return Count(int64(d/(24*time.Hour))) + " days ago"
}

// TypesInWords names what an endpoint subscribes to.
func TypesInWords(s event.TypeSet) string {
	if s&event.AllTypes != 0 {
		return "All events"
	}
	types := s.Each()
	names := make([]string, len(types))
	for i, t := range types {
		if names[i] = t.Info().Words; i > 0 {
			names[i] = strings.ToLower(names[i][:1]) + names[i][1:]
		}
	}
	if n := len(names); n > 4 {
		return strings.Join(names[:3], ", ") + " and " + strconv.Itoa(n-3) + " more types"
	}
	return list(names)
}

func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// splitURL parts a webhook's address into what tells endpoints apart at a
// glance and the rest. Credentials in it are never shown.
func splitURL(raw string) (host, path string) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw, ""
	}
	path = u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return u.Host, path
}
