package ui

import (
	"time"
)

// UntilOf writes how long after now t is. assets/js/age-text.js writes the same,
// and testdata/ages.json holds both to it.
func UntilOf(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d < time.Second:
		return "any moment now"
	case d < time.Minute:
		return "in " + Count(int64(d/time.Second)) + " s"
	case d < time.Hour:
		return "in " + Count(int64(d.Round(time.Minute)/time.Minute)) + " min"
	case d < 48*time.Hour:
		return "in " + Count(int64(d.Round(time.Hour)/time.Hour)) + " h"
	}
	return "in " + Count(int64(d.Round(24*time.Hour)/(24*time.Hour))) + " days"
}

// AgeOf writes how long before now t was. assets/js/age-text.js writes the same, and
// testdata/ages.json holds both to it.
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
