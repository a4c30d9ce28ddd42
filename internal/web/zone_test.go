package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postern/internal/web/request"
)

// inZone are the headers of a browser that is in a zone.
func inZone(name string) []string {
	return []string{"Accept", "text/html", "Cookie", request.ZoneCookie + "=" + name}
}

func TestPages_areInTheZoneOfTheBrowser(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `{"id":"late","type":"face_matched","source":"a","timestamp":"2026-03-19T22:10:05Z"}`).want(http.StatusAccepted)
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
}

func TestEventsForm_keepsMomentsInEveryZone(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, name := range []string{"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"} {
		for _, since := range []string{"2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-04-05T15:15:00Z", "2025-07-01T10:00:00.123456Z",
			"2025-11-02T04:45:00Z"} {
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

// The account's choice is for all its browsers, whatever zone they say.
func TestPages_have_the_theme_and_the_zone_of_the_account(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root := g.signedIn("root")
	in := func(zone string) []string {
		return []string{"Accept", "text/html", "Cookie", root[1] + "; postern_zone=" + zone}
	}
	g.do("GET", "/", "", in("Asia/Tokyo")...).want(200).says(`data-zone="Asia/Tokyo"`, `content="light dark"`).
		saysNot("data-theme", "data-zone-chosen")
	g.form("/account/display", url.Values{"theme": {"dark"}, "zone": {"Europe/Amsterdam"}}, root...).want(303)
	g.do("GET", "/", "", in("Asia/Tokyo")...).want(200).
		says(`data-zone="Europe/Amsterdam"`, "data-zone-chosen", `data-theme="dark"`, `content="dark"`)
	wrong := g.form("/account/display", url.Values{"theme": {"light"}, "zone": {"Atlantis"}}, root...).want(400)
	wrong.says("There is no time zone with this name.", `value="Atlantis"`)
	g.form("/account/display", url.Values{"theme": {"system"}, "zone": {""}}, root...).want(303)
	g.do("GET", "/", "", in("Asia/Tokyo")...).want(200).says(`data-zone="Asia/Tokyo"`).saysNot("data-theme")
}
