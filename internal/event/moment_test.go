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
		got, relative, err := event.ParseMoment(s, now, nil)
		if err != nil || got.Format(time.RFC3339) != want || relative != !strings.HasPrefix(s, "2026") {
			t.Errorf("%s is %v (relative: %v), %v; want %s", s, got, relative, err, want)
		}
	}
	for s, says := range map[string]string{
		"yesterday": "-15m", "-": "-15m", "-h": "-15m", "-1": "-15m", "--1h": "-15m", "-1.5h": "-15m", "-1y": "-15m", "-1h30m": "-15m",
		"-4294967295w": "hundred years", "-99999999999999h": "-15m", "today+1": "today+01:00", "todayZ": "today+01:00",
		"today+24:00": "today+01:00", "today+01:00x": "today+01:00",
		"": "-15m", "2026-03-19T10:32:15": "no offset", "2026-03-19": "without a time of day", "1.2.3": "-15m", ".": "-15m", "5.": "-15m",
		"1e99": "exponent", "007": "-15m", "1774180800 ": "number",
		"2026-03-19T10:32:15+24:00": "beyond 23:59", "99999999999999999999": "9999",
	} {
		_, _, err := event.ParseMoment(s, now, nil)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.HasSuffix(err.Error(), ".") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestMomentsThatAPersonTypesAreInTheirZone(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip("this system has no time zones")
	}
	now := time.Date(2026, 7, 19, 22, 30, 15, 0, time.UTC) // the 20th there
	for s, want := range map[string]string{
		"2026-07-19T10:32:15":    "2026-07-19T08:32:15Z",
		"2026-07-19T10:32":       "2026-07-19T08:32:00Z",
		"2026-07-19 10:32":       "2026-07-19T08:32:00Z",
		"2026-01-19 10:32:15.5":  "2026-01-19T09:32:15.5Z", // winter
		"2026-07-19":             "2026-07-18T22:00:00Z",
		"2026-07-19T10:32:15Z":   "2026-07-19T10:32:15Z", // its own offset counts
		"2026-07-19T10:32-08:00": "2026-07-19T18:32:00Z",
		"today":                  "2026-07-19T22:00:00Z",
		"today-08:00":            "2026-07-19T08:00:00Z",
		"-1h":                    "2026-07-19T21:30:15Z",
		"1774180800":             "2026-03-22T12:00:00Z",
	} {
		got, _, err := event.ParseMoment(s, now, amsterdam)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s is %v, %v; want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "10:32", "2026-07-19T", "2026-07-19T10", "19.07.2026", "2026-02-30", "0000-01-01"} {
		if _, _, err := event.ParseMoment(s, now, amsterdam); err == nil {
			t.Errorf("%q is taken", s)
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
