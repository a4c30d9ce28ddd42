package event_test

import (
	"strconv"
	"testing"
	"time"

	"postern/internal/event"
)

func TestTimestampsOfAnyOffsetBecomeUTC(t *testing.T) {
	for sent, want := range map[string]string{
		"2026-03-19T10:32:15+00:00":           "2026-03-19T10:32:15+00:00",
		"2026-03-19T10:32:15Z":                "2026-03-19T10:32:15+00:00",
		"2026-03-19T10:32:15-00:00":           "2026-03-19T10:32:15+00:00",
		"2026-03-19T10:32:15+01:00":           "2026-03-19T09:32:15+00:00",
		"2026-03-19T00:02:15+05:45":           "2026-03-18T18:17:15+00:00",
		"2026-12-31T23:30:00-08:00":           "2027-01-01T07:30:00+00:00",
		"2024-02-29T12:00:00Z":                "2024-02-29T12:00:00+00:00",
		"2026-03-19T10:32:15.000Z":            "2026-03-19T10:32:15+00:00",
		"2026-03-19T10:32:15.5+00:00":         "2026-03-19T10:32:15.500000+00:00",
		"2026-03-19T10:32:15.000001+00:00":    "2026-03-19T10:32:15.000001+00:00",
		"2026-03-19T10:32:15.123456789+00:00": "2026-03-19T10:32:15.123456+00:00", // cut
		"2026-03-19T10:32:15.999999999+00:00": "2026-03-19T10:32:15.999999+00:00", // not rounded
		"2026-03-19T10:32:15.000000999+00:00": "2026-03-19T10:32:15+00:00",
		"1969-12-31T23:59:59.9999999Z":        "1969-12-31T23:59:59.999999+00:00", // cut the same way before 1970
		"0001-01-01T00:00:00Z":                "0001-01-01T00:00:00+00:00",
		"9999-12-31T23:59:59.999999Z":         "9999-12-31T23:59:59.999999+00:00",
	} {
		e := acceptOne(t, with("timestamp", strconv.Quote(sent)))
		contains(t, string(e.JSON()), `"timestamp":"`+want+`"`)
		if e.Stamped {
			t.Errorf("%s counts as stamped", sent)
		}
		if again := event.FromMicro(e.Time.UnixMicro()); !again.Equal(e.Time) || event.FormatTime(again) != want {
			t.Errorf("%s doesn't survive as microseconds: %s", sent, again)
		}
	}
}

func TestWhatIsNoTimestampIsRefused(t *testing.T) {
	for _, sent := range []string{"", "now", "2026-03-19", "2026-03-19T10:32:15", "2026-03-19 10:32:15Z", "2026-02-30T10:32:15Z",
		"2026-03-19T24:00:00Z", "2026-03-19T10:60:15Z", "2026-03-19T10:32:15+0100", "1773916335", "10000-01-01T00:00:00Z", " 2026-03-19T10:32:15Z"} {
		contains(t, message(t, refuse(t, with("timestamp", strconv.Quote(sent))), "timestamp"), "is not a time", "2026-03-19T10:32:15+00:00")
	}
	// Good in their own zone, but not in UTC.
	for _, sent := range []string{"0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "0000-06-01T00:00:00Z"} {
		contains(t, message(t, refuse(t, with("timestamp", strconv.Quote(sent))), "timestamp"), "years 1 to 9999")
	}
}

func TestTimesAreWrittenInUTCWithMicrosecondsOnlyWhereThereAreAny(t *testing.T) {
	zone := time.FixedZone("", -3*3600)
	for _, tc := range []struct {
		t    time.Time
		want string
	}{
		{time.Date(2026, 3, 19, 7, 32, 15, 0, zone), "2026-03-19T10:32:15+00:00"},
		{time.Date(2026, 3, 19, 7, 32, 15, 999, zone), "2026-03-19T10:32:15+00:00"},
		{time.Date(2026, 3, 19, 7, 32, 15, 1000, zone), "2026-03-19T10:32:15.000001+00:00"},
		{time.Date(2026, 3, 19, 7, 32, 15, 100_000_000, zone), "2026-03-19T10:32:15.100000+00:00"},
	} {
		if got := event.FormatTime(tc.t); got != tc.want {
			t.Errorf("FormatTime(%s) = %s, want %s", tc.t, got, tc.want)
		}
		if got := string(event.AppendTime([]byte("at "), tc.t)); got != "at "+tc.want {
			t.Errorf("AppendTime(%s) = %s", tc.t, got)
		}
	}
}
