package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// inZone are the headers of a browser that is in a zone.
func inZone(name string) []string {
	return []string{"Accept", "text/html", "Cookie", zoneCookie + "=" + name}
}

func TestPages_areInTheZoneOfTheBrowser(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(api+"/events", `{"id":"late","type":"face_matched","source":"a","timestamp":"2026-03-19T22:10:05Z"}`).want(http.StatusAccepted)
	for name, want := range map[string]struct{ zone, shown string }{
		"Asia/Tokyo":          {"Asia/Tokyo (UTC+9)", "20 March 2026 07:10:05"},
		"America/Los_Angeles": {"America/Los_Angeles", "19 March 2026 15:10:05"},
		"Etc/GMT+5":           {"Etc/GMT+5 (UTC-5)", "19 March 2026 17:10:05"},
		"UTC":                 {"Times in UTC<", "19 March 2026 22:10:05"},
		// An unknown zone is UTC, and named so.
		"":                          {"Times in UTC<", "19 March 2026 22:10:05"},
		"Local":                     {"Times in UTC<", "19 March 2026 22:10:05"},
		"Mars/Olympus_Mons":         {"Times in UTC<", "19 March 2026 22:10:05"},
		"../../../../etc/passwd":    {"Times in UTC<", "19 March 2026 22:10:05"},
		"/etc/localtime":            {"Times in UTC<", "19 March 2026 22:10:05"},
		"Europe/../Asia/Tokyo":      {"Times in UTC<", "19 March 2026 22:10:05"},
		strings.Repeat("a", 10_000): {"Times in UTC<", "19 March 2026 22:10:05"},
	} {
		if len(name) > 4000 {
			name = name[:4000]
		}
		page := string(s.do("GET", "/events/late", "", inZone(name)...).want(http.StatusOK).body)
		for _, text := range []string{want.zone, want.shown} {
			if !strings.Contains(page, text) {
				t.Errorf("in %.40q the page lacks %q", name, text)
			}
		}
	}
	before := 0
	zones.Range(func(any, any) bool { before++; return true })
	if before > 10 {
		t.Errorf("%d zones are kept", before)
	}
}

func TestFieldTime_meansTheMomentThatWasShown(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ typed, exactly, want string }{
		{"2025-10-26T02:30", "", "2025-10-26T00:30:00Z"},
		{"2025-10-26T02:30", "2025-10-26T01:30:00Z", "2025-10-26T01:30:00Z"},
		{"2025-10-26T02:30:00", "2025-10-26T01:30:00Z", "2025-10-26T01:30:00Z"},
		{"2025-10-26T02:30:05", "2025-10-26T01:30:05.123456Z", "2025-10-26T01:30:05.123456Z"},
		{"2025-10-26T02:31", "2025-10-26T01:30:00Z", "2025-10-26T00:31:00Z"}, // touched
		{"2025-10-26T02:30", "nonsense", "2025-10-26T00:30:00Z"},
		{"2025-07-01 12:00", "", "2025-07-01T10:00:00Z"},
		{"2025-07-01", "", "2025-06-30T22:00:00Z"},
		{"2025-07-01T12:00:00Z", "", "2025-07-01T12:00:00Z"},
		{"soon", "", ""}, {"", "", ""}, {"1960-01-01T00:00", "", ""},
	} {
		got, err := fieldTime(tc.typed, tc.exactly, now, berlin)
		if tc.want == "" {
			if err == nil {
				t.Errorf("%q is read as %s", tc.typed, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339Nano) != tc.want {
			t.Errorf("%q (%q) is %s, %v; want %s", tc.typed, tc.exactly, got, err, tc.want)
		}
	}
}

// A form that nobody touched leads to the page that it stands on.
func TestEventsForm_keepsMomentsInEveryZone(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, name := range []string{"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"} {
		for _, since := range []string{"2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-04-05T15:15:00Z", "2025-07-01T10:00:00.123456Z", "2025-11-02T04:45:00Z"} {
			page := string(s.do("GET", "/events?since="+url.QueryEscape(since), "", inZone(name)...).want(http.StatusOK).body)
			form := url.Values{}
			for _, field := range []string{"from", "from_exactly"} {
				if tag := between(page, `name="`+field+`"`, ">"); strings.Contains(tag, "value=") {
					form.Set(field, between(tag, `value="`, `"`))
				}
			}
			to := s.do("GET", "/events?"+form.Encode(), "", inZone(name)...).want(http.StatusSeeOther).header.Get("Location")
			if at, err := url.Parse(to); err != nil || at.Query().Get("since") != since {
				t.Errorf("in %s since=%s becomes %s (%v)", name, since, to, form)
			}
		}
	}
}
