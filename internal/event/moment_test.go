package event_test

import (
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func TestMomentsAreAbsoluteOrRelativeToNow(t *testing.T) {
	now := time.Date(2026, 3, 19, 23, 30, 15, 0, time.UTC)
	for s, want := range map[string]string{
		"2026-03-19T10:32:15+02:00": "2026-03-19T08:32:15Z",
		"-0s":                       "2026-03-19T23:30:15Z",
		"-90s":                      "2026-03-19T23:28:45Z",
		"-15m":                      "2026-03-19T23:15:15Z",
		"-1h":                       "2026-03-19T22:30:15Z",
		"-7d":                       "2026-03-12T23:30:15Z",
		"-2w":                       "2026-03-05T23:30:15Z",
		"today":                     "2026-03-19T00:00:00Z",
		"today+01:00":               "2026-03-19T23:00:00Z", // it is the 20th there
		"today-08:00":               "2026-03-19T08:00:00Z",
		"today+05:30":               "2026-03-19T18:30:00Z",
	} {
		got, relative, err := event.ParseMoment(s, now)
		if err != nil || got.Format(time.RFC3339) != want || relative != !strings.HasPrefix(s, "2026") {
			t.Errorf("%s is %v (relative: %v), %v; want %s", s, got, relative, err, want)
		}
	}
	for s, says := range map[string]string{
		"yesterday": "-15m", "-": "-15m", "-h": "-15m", "-1": "-15m", "--1h": "-15m", "-1.5h": "-15m", "-1y": "-15m", "-1h30m": "-15m",
		"-4294967295w": "hundred years", "-99999999999999h": "-15m", "today+1": "today+01:00", "todayZ": "today+01:00", "": "-15m",
	} {
		if _, _, err := event.ParseMoment(s, now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestCursorsAreOfOneOrder(t *testing.T) {
	for _, ascending := range []bool{true, false} {
		s := event.FormatCursor(1234, ascending)
		if seq, ok := event.ParseCursor(s, ascending); seq != 1234 || !ok {
			t.Errorf("%s gave %d, %v", s, seq, ok)
		}
		if _, ok := event.ParseCursor(s, !ascending); ok {
			t.Errorf("%s is taken for the other order's", s)
		}
	}
}
