package event_test

import (
	"strconv"
	"strings"
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

func TestTimestampsThatAreNoRFC3339AreRefused(t *testing.T) {
	for sent, says := range map[string]string{
		"":                              "is not a date and a time of day",
		"now":                           "is not a date and a time of day",
		"today":                         "is not a date and a time of day", // relative times are for filters
		"-15m":                          "is not a date and a time of day",
		"2026-03-19":                    "is a date without a time of day",
		"2026-03-19T10:32:15":           "has no offset from UTC",
		"2026-03-19T10:32:15.123456":    "has no offset from UTC",
		"2026-03-19T10:32Z":             "has no seconds",
		"2026-03-19 10:32:15Z":          "has a blank",
		"2026-02-30T10:32:15Z":          "the calendar doesn't have",
		"2025-02-29T10:32:15Z":          "the calendar doesn't have",
		"2026-00-10T10:32:15Z":          "the calendar doesn't have",
		"2026-13-10T10:32:15Z":          "the calendar doesn't have",
		"2026-03-19T24:00:00Z":          "beyond 23:59:59",
		"2026-03-19T10:60:15Z":          "beyond 23:59:59",
		"2026-03-19T10:32:61Z":          "beyond 23:59:59",
		"2026-03-19T10:00:00,5Z":        "comma",
		"2026-03-19T10:00:00,5+01:00":   "comma",
		"2026-03-19T10:00:00.Z":         "is not a date",
		"2026-03-19T10:32:15+24:00":     "beyond 23:59",
		"2026-03-19T10:32:15-24:00":     "beyond 23:59",
		"2026-03-19T10:32:15+99:99":     "beyond 23:59",
		"2026-03-19T10:32:15+10:60":     "beyond 23:59",
		"2026-03-19T10:32:15+0100":      "isn't written as +01:00",
		"2026-03-19T10:32:15+1:00":      "isn't written as +01:00",
		"2026-03-19T10:32:15+01":        "isn't written as +01:00",
		"2026-03-19T10:32:15Z ":         "is not a date",
		"2026-03-19T10:32:15ZZ":         "is not a date",
		"2026-03-19T10:32:15+01:00Z":    "is not a date",
		" 2026-03-19T10:32:15Z":         "is not a date",
		"2026-3-19T10:32:15Z":           "is not a date",
		"2026-03-19T1:32:15Z":           "is not a date",
		"10000-01-01T00:00:00Z":         "is not a date",
		"2026-03-19T10:32:15 Z":         "is not a date",
		"Thu, 19 Mar 2026 10:32:15 GMT": "is not a date",
		"1773916335":                    "number in quotes",
		"２０26-03-19T10:32:15Z":          "is not a date",
	} {
		said := message(t, refuse(t, with("timestamp", strconv.Quote(sent))), "timestamp")
		contains(t, said, says, "The time "+strconv.Quote(sent))
		if says != "number in quotes" {
			contains(t, said, "2026-03-19T10:32:15Z", "2026-03-19T10:32:15+01:00")
		}
		if _, err := event.ParseTime(sent); err == nil {
			t.Errorf("ParseTime(%q) takes it", sent)
		}
	}
	// Valid in their own zone, but not in UTC.
	for _, sent := range []string{"0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "0000-06-01T00:00:00Z"} {
		contains(t, message(t, refuse(t, with("timestamp", strconv.Quote(sent))), "timestamp"), "years 1 to 9999")
	}
}

func TestALeapSecondIsTheSecondAfterIt(t *testing.T) {
	for sent, want := range map[string]string{
		"2016-12-31T23:59:60Z":        "2017-01-01T00:00:00+00:00",
		"2016-12-31T23:59:60.25Z":     "2017-01-01T00:00:00.250000+00:00",
		"2017-01-01T00:59:60+01:00":   "2017-01-01T00:00:00+00:00",
		"2015-06-30T15:59:60.5-08:00": "2015-07-01T00:00:00.500000+00:00",
	} {
		if got, err := event.ParseTime(sent); err != nil || event.FormatTime(got) != want {
			t.Errorf("%s is %s, %v", sent, event.FormatTime(got), err)
		}
	}
	for _, sent := range []string{"2016-12-31T23:58:60Z", "2016-12-31T22:59:60Z", "2016-12-30T23:59:60Z", "2016-12-31T23:59:60+01:00"} {
		if _, err := event.ParseTime(sent); err == nil || !strings.Contains(err.Error(), "no leap second") {
			t.Errorf("%s: %v", sent, err)
		}
	}
}

func TestTimestampsMayBeNumbers(t *testing.T) {
	for sent, want := range map[string]string{
		"0":                       "1970-01-01T00:00:00+00:00",
		"0.5":                     "1970-01-01T00:00:00.500000+00:00",
		"1774180800":              "2026-03-22T12:00:00+00:00",
		"1774180800.0":            "2026-03-22T12:00:00+00:00",
		"1774180800.25":           "2026-03-22T12:00:00.250000+00:00",
		"1774180800.123456":       "2026-03-22T12:00:00.123456+00:00",
		"1774180800.1234569":      "2026-03-22T12:00:00.123456+00:00", // cut
		"1774180800.999999999999": "2026-03-22T12:00:00.999999+00:00",
		"1.7741808e9":             "2026-03-22T12:00:00+00:00",
		"1.774180800123456e+09":   "2026-03-22T12:00:00.123456+00:00",
		"1774180800000E-3":        "2026-03-22T12:00:00+00:00",
		"1774180800000":           "2026-03-22T12:00:00+00:00",
		"1774180800123":           "2026-03-22T12:00:00.123000+00:00",
		"1774180800123.456":       "2026-03-22T12:00:00.123456+00:00",
		"1774180800123.4569":      "2026-03-22T12:00:00.123456+00:00",
		"1.774180800123e12":       "2026-03-22T12:00:00.123000+00:00",
		"99999999999":             "5138-11-16T09:46:39+00:00",        // the last seconds
		"99999999999.999999":      "5138-11-16T09:46:39.999999+00:00", //
		"100000000000":            "1973-03-03T09:46:40+00:00",        // the first milliseconds
		"100000000001":            "1973-03-03T09:46:40.001000+00:00",
		"253402300799999":         "9999-12-31T23:59:59.999000+00:00",
		"253402300799999.999":     "9999-12-31T23:59:59.999999+00:00",
		"0.0000001":               "1970-01-01T00:00:00+00:00",
		"1774180800." + strings.Repeat("1", 1000): "2026-03-22T12:00:00.111111+00:00",
	} {
		e := acceptOne(t, with("timestamp", sent))
		contains(t, string(e.JSON()), `"timestamp":"`+want+`"`)
		if e.Stamped {
			t.Errorf("%s counts as stamped", sent)
		}
		if got, relative, err := event.ParseMoment(sent, now, nil); err != nil || relative || !got.Equal(e.Time) {
			t.Errorf("in a query %s is %v, %v", sent, got, err)
		}
	}
	for sent, says := range map[string]string{
		"-1": "before 1970", "-0.5": "before 1970", "-1774180800": "before 1970",
		"253402300800000": "beyond the year 9999", "1774180800000000": "nothing finer", "1774180800000000000": "nothing finer",
		strings.Repeat("9", 1000): "beyond the year 9999", "1e20": "beyond the year 9999", "1e999": "exponent", "1e-999": "exponent",
		"1e99999999999999999999": "exponent",
	} {
		said := message(t, refuse(t, with("timestamp", sent)), "timestamp")
		contains(t, said, says)
		if len(said) > 300 {
			t.Errorf("the refusal is %d bytes long", len(said))
		}
	}
}
