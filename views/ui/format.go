package ui

import (
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Plural returns the form of a noun for n.
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

// Bytes writes a size with its unit: "1,023 bytes", "1.0 KiB", "256 KiB".
func Bytes(n int64) string {
	if n < 1024 {
		return Counted(n, "byte", "bytes")
	}
	return humanize.IBytes(uint64(n))
}

// Count writes a number with commas: 1,234.
func Count(n int64) string { return humanize.Comma(n) }

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
