package views

import (
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
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
		if got := clock(WithZone(t.Context(), location(t, tc.zone)), tc.t, now); got != tc.want {
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
		if got := zoneWords(WithZone(t.Context(), location(t, tc.zone)), tc.at); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestToday_beginsAtTheZonesMidnight(t *testing.T) {
	for _, tc := range []struct{ zone, now, want string }{
		{"UTC", "2026-10-25T10:00:00Z", "today"},
		// Clocks are put back at 03:00 of this day.
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
		got := today(WithZone(t.Context(), zone), now)
		if got != tc.want {
			t.Errorf("%s at %s: got %q, want %q", tc.zone, tc.now, got, tc.want)
		}
	}
}

// Whatever part of a page shows a time shows it in the page's zone.
func TestZone_holdsForEveryTimeOfAPage(t *testing.T) {
	at := time.Date(2026, 3, 19, 22, 10, 5, 0, time.UTC)
	e := &event.Event{Seq: 1, ID: "evt_1", Type: event.FaceMatched, Time: at, Received: at, Source: "a", Camera: "c"}
	erased := &event.Event{Seq: 2, ID: "evt_2", Type: event.FaceMatched, Time: at, Received: at, Source: "a", Erased: at}
	d := day(Hour{Delivered: 1, Failed: 1})
	for i := range d.Hours {
		d.Hours[i].Start = at.Truncate(time.Hour)
	}
	for name, part := range map[string]templ.Component{
		"row": EventRow(eventRowPrefix, e, at), "erased": EventRow(eventRowPrefix, erased, at), "moment": moment(at, at), "full": Full(at),
		"minutes": Minutes(at), "age": Age(at, at), "until": Until(at, at), "printed": reportHead(at), "day": dayCell(d),
		"range":   boundary("", at),
		"field":   attemptTime("from", "From", at, "", nil),
		"monitor": MonitorPage(MonitorProps{Now: at, Events: []*event.Event{e}}),
		"page":    Page(Frame{Title: "x", Now: at}),
	} {
		var b strings.Builder
		if err := part.Render(WithZone(t.Context(), location(t, "Asia/Kolkata")), &b); err != nil {
			t.Fatal(err)
		}
		shown := b.String()
		for _, utc := range []string{">22:10", "19 March 2026 22:10", "began at 22:00", `value="2026-03-19T22:10`} {
			if strings.Contains(shown, utc) {
				t.Errorf("%s shows UTC: %s", name, shown)
			}
		}
		if !strings.Contains(shown, "03:40") && !strings.Contains(shown, "03:30") && !strings.Contains(shown, "Asia/Kolkata") {
			t.Errorf("%s shows nothing in the zone: %s", name, shown)
		}
	}
}
