package event

import (
	"testing"
	"time"
)

func TestInZone_readsWhatClocksShow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, wall, want string }{
		{"UTC", "2026-03-19T10:32:15", "2026-03-19T10:32:15Z"},
		{"Europe/Amsterdam", "2026-01-19T10:32:15", "2026-01-19T09:32:15Z"},
		{"Europe/Amsterdam", "2026-07-19T10:32:15", "2026-07-19T08:32:15Z"},
		{"Asia/Kolkata", "2026-07-19T00:10:00", "2026-07-18T18:40:00Z"},
		{"Pacific/Kiritimati", "2026-07-19T13:59:59", "2026-07-18T23:59:59Z"},
		// Put forward at 02:00: 02:30 is left out.
		{"Europe/Amsterdam", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"},
		{"Europe/Amsterdam", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"},
		{"Europe/Amsterdam", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"},
		{"America/New_York", "2026-03-08T02:15:00", "2026-03-08T07:15:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00Z"}, // by half an hour
		// Put back at 03:00: 02:30 comes twice.
		{"Europe/Amsterdam", "2026-10-25T01:59:59", "2026-10-24T23:59:59Z"},
		{"Europe/Amsterdam", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"},
		{"Europe/Amsterdam", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"},
		{"America/New_York", "2026-11-01T01:15:00", "2026-11-01T05:15:00Z"},
		{"America/New_York", "2026-11-02T01:15:00", "2026-11-02T06:15:00Z"},
	} {
		zone, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		wall, err := time.Parse("2006-01-02T15:04:05", tc.wall)
		if err != nil {
			t.Fatal(err)
		}
		if got := InZone(wall, zone).UTC().Format(time.RFC3339); got != tc.want {
			t.Errorf("%s in %s is %s, want %s", tc.wall, tc.zone, got, tc.want)
		}
	}
}
