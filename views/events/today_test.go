package events

import (
	"testing"
	"time"

	"postern/views/ui"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestToday_beginsAtTheZonesMidnight(t *testing.T) {
	for _, tc := range []struct{ zone, now, want string }{
		{"UTC", "2026-10-25T10:00:00Z", "today"},
		// Clocks go back at 03:00 on this day.
		{"Europe/Berlin", "2026-10-25T10:00:00Z", "today+02:00"},
		{"Europe/Berlin", "2026-10-25T22:30:00Z", "today+02:00"},
		{"Europe/Berlin", "2026-10-25T23:30:00Z", "today+01:00"},
		{"Europe/Berlin", "2026-07-01T10:00:00Z", "today+02:00"},
		{"America/New_York", "2026-07-01T03:00:00Z", "today-04:00"},
	} {
		now, err := time.Parse(time.RFC3339, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		zone := location(t, tc.zone)
		got := today(ui.WithZone(t.Context(), zone), now)
		if got != tc.want {
			t.Errorf("%s at %s: got %q, want %q", tc.zone, tc.now, got, tc.want)
		}
	}
}
