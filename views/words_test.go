package views

import (
	"testing"
	"time"

	"postern/internal/event"
)

func TestCountKeepsThousandsApart(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4321: "-4,321"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSpanUsesTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                 "under 0.1 ms",
		163 * time.Microsecond:            "0.2 ms",
		2 * time.Millisecond:              "2 ms",
		41 * time.Millisecond:             "41 ms",
		time.Second:                       "1 s",
		1200 * time.Millisecond:           "1.2 s",
		74*time.Second + 5e8:              "1 min 15 s",
		2 * time.Minute:                   "2 min",
		3*time.Hour + 4*time.Minute:       "3 h 4 min",
		49 * time.Hour:                    "2 d 1 h",
		59*time.Second + 9*time.Second/10: "1 min",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestAgeIsRough(t *testing.T) {
	now := time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", -2 * time.Second: "just now", 12 * time.Second: "12 s ago", 3 * time.Minute: "3 min ago",
		47 * time.Hour: "47 h ago", 72 * time.Hour: "3 days ago", -time.Hour: "in the future",
	} {
		if got := AgeOf(now.Add(-d), now); got != want {
			t.Errorf("%v ago = %q, want %q", d, got, want)
		}
	}
}

func TestTypesInWords(t *testing.T) {
	for _, tc := range []struct {
		types event.TypeSet
		want  string
	}{
		{event.AllTypes, "All events"},
		{event.Types(event.FaceMatched), "Face matched"},
		{event.Types(event.FaceMatched, event.SystemError), "Face matched and system error"},
		{event.Types(1, 2, 3, 4, 5, 6), "Face detected, face matched, watchlist alert and 3 more types"},
	} {
		if got := TypesInWords(tc.types); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestOutcomeInPlainWords(t *testing.T) {
	for _, tc := range []struct {
		a    Attempt
		want string
	}{
		{Attempt{OK: true, Status: 200, Duration: 41 * time.Millisecond}, "Delivered in 41 ms"},
		{Attempt{Class: "status", Status: 503}, "Answered 503, an error at the receiver"},
		{Attempt{Class: "status", Status: 301}, "Answered 301, a redirect, which is not followed"},
		{Attempt{Class: "timeout", Duration: 10 * time.Second}, "No answer within 10 s"},
		{Attempt{Class: "dns"}, "The host's name was not found"},
		{Attempt{Class: "other"}, "Failed"},
	} {
		if got := tc.a.Outcome(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestChipAddsItsTypeAndTakesItAway(t *testing.T) {
	f := event.Filter{Types: event.Types(event.FaceMatched), Cameras: []string{"a&b"}, Text: "x y"}
	if got, want := string(filterURL("/events", withType(f, event.SystemError), "")), "/events?camera_id=a%26b&event_type=face_matched&event_type=system_error&q=x+y"; got != want {
		t.Errorf("added: %s, want %s", got, want)
	}
	if got, want := string(filterURL("/events", withType(f, event.FaceMatched), "")), "/events?camera_id=a%26b&q=x+y"; got != want {
		t.Errorf("taken away: %s, want %s", got, want)
	}
	if got, want := string(filterURL("/events", event.Filter{Types: event.AllTypes}, "")), "/events"; got != want {
		t.Errorf("all: %s, want %s", got, want)
	}
}
