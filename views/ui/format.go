package ui

import (
	"strconv"
	"strings"
	"time"
)

func Plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// AtLeast writes a number that may be too small.
func AtLeast(n int64, orMore bool) string {
	if orMore {
		return "at least " + Count(n)
	}
	return Count(n)
}

// Bytes writes a size in the unit that suits it.
func Bytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	if unit == 0 {
		return Counted(n, "byte", "bytes")
	}
	digits := 0
	if size < 10 {
		digits = 1
	}
	return strconv.FormatFloat(size, 'f', digits, 64) + " " + units[unit]
}

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
	return Count(n) + " " + Plural(n, one, many)
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
