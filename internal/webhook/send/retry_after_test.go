package send

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, " ": 0, "0": 0, "1": time.Second, " 120 ": 2 * time.Minute, "007": 7 * time.Second,
		"3600": time.Hour, "3601": time.Hour, "999999999": time.Hour,
		"18446744073709551615": time.Hour, "18446744073709551616": time.Hour, "99999999999999999999999999": time.Hour,
		"-1": 0, "+5": 0, "1e3": 0, ".": 0, "1.2.3": 0, "1,5": 0, "NaN": 0, "Inf": 0,
		"1.5": 2 * time.Second, "64.57": 65 * time.Second, "64.0": 64 * time.Second, "0.000": 0, "0.0001": time.Second, ".5": time.Second,
		"5.":        5 * time.Second,
		"\t64.57  ": 65 * time.Second, "3599.01": time.Hour, "3600.5": time.Hour, "1000000000000000000000.5": time.Hour,
		strings.Repeat("9", 400):  time.Hour,
		"59.99999999999999999999": time.Minute, "5s": 0, "soon": 0, "0x10": 0, "1_000": 0, "٣": 0, "5, 10": 0,
		now.Add(time.Minute).Format(http.TimeFormat):              time.Minute,
		now.Add(time.Minute).Format(time.RFC850):                  time.Minute,
		now.Add(time.Minute).Format(time.ANSIC):                   time.Minute,
		now.Add(time.Minute).Format(time.RFC1123Z):                time.Minute, // as Python's email.utils writes it
		"19 Mar 2026 11:33:15 +0100":                              time.Minute,
		" " + now.Add(time.Minute).Format(http.TimeFormat) + "\t": time.Minute,
		now.Add(-time.Minute).Format(http.TimeFormat):             0,
		now.Add(48 * time.Hour).Format(http.TimeFormat):           time.Hour,
		time.Unix(0, 0).UTC().Format(http.TimeFormat):             0,
		"Fri, 31 Dec 9999 23:59:59 GMT":                           time.Hour,
		"Thu, 19 Mar 2026 10:33:15":                               0,
		now.Add(time.Minute).Format(time.RFC3339):                 0,
		"Mon, 01 Jan 0001 00:00:00 GMT":                           0,
	} {
		if got := parseRetryAfter(header, now); got != want {
			t.Errorf("%q asks for %v, want %v", header, got, want)
		}
	}
}

// A date has whole seconds, and the clock doesn't stand at one.
func TestRetryAfterIsNeverShortened(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	date := now.Add(time.Minute).Format(http.TimeFormat)
	for since, want := range map[time.Duration]time.Duration{0: time.Minute, time.Nanosecond: time.Minute, 400 * time.Millisecond: time.Minute,
		time.Second: 59 * time.Second, 1001 * time.Millisecond: 59 * time.Second, time.Minute: 0, 61 * time.Second: 0} {
		if got := parseRetryAfter(date, now.Add(since)); got != want {
			t.Errorf("%v later the date is %v away, want %v", since, got, want)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "99999999999999999999", "-1", "Thu, 19 Mar 2026 10:33:15 GMT",
		"Thursday, 19-Mar-26 10:33:15 GMT", "soon", "64.57", ".", "Thu, 19 Mar 2026 10:33:15 +0000"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if got := parseRetryAfter(header, now); got < 0 || got > MaxRetryAfter {
			t.Errorf("%q asks for %v", header, got)
		}
	})
}
