package ui

import (
	"testing"
	"time"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestClock_hasAsMuchDateAsTheZonesDayNeeds(t *testing.T) {
	now := time.Date(2026, 3, 18, 23, 30, 0, 0, time.UTC)
	for _, tc := range []struct {
		zone string
		t    time.Time
		want string
	}{
		{"UTC", time.Date(2026, 3, 18, 22, 0, 1, 0, time.UTC), "22:00:01"},
		{"UTC", time.Date(2026, 3, 17, 22, 0, 1, 0, time.UTC), "17 Mar 22:00:01"},
		{"UTC", time.Date(1999, 3, 17, 22, 0, 1, 0, time.UTC), "17 Mar 1999 22:00:01"},
		{"Europe/Amsterdam", time.Date(2026, 3, 18, 22, 0, 1, 0, time.UTC), "18 Mar 23:00:01"}, // yesterday there
		{"Europe/Amsterdam", time.Date(2026, 3, 18, 23, 0, 1, 0, time.UTC), "00:00:01"},
		{"America/New_York", time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC), "31 Dec 2025 22:00:00"},
	} {
		if got := ClockText(WithZone(t.Context(), location(t, tc.zone)), tc.t, now); got != tc.want {
			t.Errorf("%s in %s: got %q, want %q", tc.t, tc.zone, got, tc.want)
		}
	}
}

func TestZone_isNamedWithItsOffset(t *testing.T) {
	winter, summer := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		zone string
		at   time.Time
		want string
	}{
		{"UTC", summer, "UTC"},
		{"Europe/Amsterdam", winter, "Europe/Amsterdam (UTC+1)"},
		{"Europe/Amsterdam", summer, "Europe/Amsterdam (UTC+2)"},
		{"Asia/Kolkata", winter, "Asia/Kolkata (UTC+5:30)"},
		{"America/St_Johns", winter, "America/St_Johns (UTC-3:30)"},
		{"Europe/London", winter, "Europe/London (UTC)"},
	} {
		if got := ZoneName(WithZone(t.Context(), location(t, tc.zone)), tc.at); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
