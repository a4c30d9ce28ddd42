package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// raise posts an alert with the id and returns nothing: it must be taken.
func (s *service) raise(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		s.post(apiPath+"/events",
			fmt.Sprintf(`{"id":%q,"type":"watchlist_alert","source":"face","camera_id":"gate-7","data":{"label":"Alice Smith"}}`, id)).want(202)
	}
}

// alertIDs are the ids of a list of alerts, with who took note of them.
func (a *answer) alertIDs() (ids []string) {
	a.t.Helper()
	var list []struct {
		Event        struct{ ID string }
		Acknowledged *struct{ By, At string }
	}
	a.want(200).into(&list)
	for _, one := range list {
		id := one.Event.ID
		if one.Acknowledged != nil {
			if one.Acknowledged.At == "" {
				a.t.Errorf("%s lacks when: %s", id, a.body)
			}
			id += " by " + one.Acknowledged.By
		}
		ids = append(ids, id)
	}
	return ids
}

func (s *service) wantAlerts(query string, want ...string) {
	s.t.Helper()
	if got := s.get(apiPath + "/events/alerts" + query).alertIDs(); !slices.Equal(got, want) {
		s.t.Errorf("%s lists %v, want %v", query, got, want)
	}
}

func TestAnAlertIsAcknowledgedOnceThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise("one", "two")
	s.post(apiPath+"/events", `{"id":"calm","type":"face_matched","source":"face"}`).want(202)
	s.wantAlerts("", "two", "one")
	first := s.post(apiPath+"/events/one/acknowledge", `{"by":"Alice Jansen"}`).want(200)
	if !regexp.MustCompile(`^\{"event":\{"id":"one",.*\},"acknowledged":\{"by":"Alice Jansen","at":"20[^"]+\+00:00"\}\}$`).Match(first.body) {
		t.Errorf("%s", first.body)
	}
	if again := s.post(apiPath+"/events/one/acknowledge", `{"by":"Bob"}`).want(200); string(again.body) != string(first.body) {
		t.Errorf("the second time answers %s, want who did it first", again.body)
	}
	s.wantAlerts("", "two")
	s.wantAlerts("?state=acknowledged", "one by Alice Jansen")
	s.wantAlerts("?state=all", "two", "one by Alice Jansen")
}

func TestWhatCantBeAcknowledgedIsRefused(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise("one")
	s.post(apiPath+"/events", `{"id":"calm","type":"face_matched","source":"face"}`).want(202)
	for body, says := range map[string]string{
		"": "empty", "[]": "JSON object", `{"by":""}`: "1 to 100", `{"by":" Alice"}`: "space", `{"by":"A\u0007lice"}`: "control",
		`{"by":"A\u202elice"}`:                      "control",
		`{"by":"` + strings.Repeat("ö", 101) + `"}`: "1 to 100", `{"by":"Alice","when":"now"}`: "not a field", `{"by":7}`: "a string",
	} {
		if p := s.post(apiPath+"/events/one/acknowledge", body).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %q doesn't say %q", body, p.Detail, says)
		}
	}
	if p := s.post(apiPath+"/events/calm/acknowledge", `{"by":"Alice"}`).problem(409); !strings.Contains(p.Detail,
		"watchlist_alert, liveness_failed, system_error") {
		t.Error(p.Detail)
	}
	s.post(apiPath+"/events/none/acknowledge", `{"by":"Alice"}`).problem(404)
	s.post(apiPath+"/events/alerts/acknowledge", `{"by":"Alice","through":"none"}`).problem(404)
	s.post(apiPath+"/events/alerts/acknowledge", `{"by":"Alice"}`).problem(400)
	s.post(apiPath+"/events/one/acknowledge", `{"by":"`+strings.Repeat("ö", 100)+`"}`).want(200)
	for _, query := range []string{"?state=closed", "?since=2026-01-01T00:00:00Z", "?cursor=x", "?limit=0", "?event_type=alarm"} {
		s.get(apiPath + "/events/alerts" + query).problem(400)
	}
	if p := s.post(apiPath+"/events", `{"id":"alerts","type":"face_matched","source":"face"}`).problem(400); !strings.Contains(p.Detail+
		p.Errors[0].Message, "URLs") {
		t.Error(p)
	}
}

func TestAlertsAreFilteredAndPagedThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise("a1", "a2", "a3")
	s.post(apiPath+"/events", `{"id":"e1","type":"system_error","source":"video"}`).want(202)
	s.wantAlerts("?event_type=system_error,face_matched", "e1")
	s.wantAlerts("?camera_id=gate-7", "a3", "a2", "a1")
	s.wantAlerts("?source=video&source=other", "e1")
	s.wantAlerts("?event_type=face_matched")
	var seen []string
	for path := apiPath + "/events/alerts?limit=3"; path != ""; {
		a := s.get(path)
		seen = append(seen, a.alertIDs()...)
		s.raise("later-" + fmt.Sprint(len(seen))) // what comes doesn't move the pages
		next := regexp.MustCompile(`^<(.+)>; rel="next"$`).FindStringSubmatch(a.header.Get("Link"))
		if path = ""; next != nil {
			path = next[1]
		}
	}
	if want := []string{"e1", "a3", "a2", "a1"}; !slices.Equal(seen, want) {
		t.Errorf("the pages have %v, want %v", seen, want)
	}
}

func TestAllAlertsUpToOneAreAcknowledgedThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise("a1", "a2", "a3", "a4")
	s.post(apiPath+"/events/a2/acknowledge", `{"by":"Alice"}`).want(200)
	if a := s.post(apiPath+"/events/alerts/acknowledge", `{"by":"Bob","through":"a3"}`).want(200); string(a.body) !=
		`{"acknowledged":2,"exact":true}` {
		t.Errorf("%s", a.body)
	}
	s.wantAlerts("?state=all", "a4", "a3 by Bob", "a2 by Alice", "a1 by Bob")
	if a := s.post(apiPath+"/events/alerts/acknowledge", `{"by":"Carol","through":"a3"}`).want(200); string(a.body) !=
		`{"acknowledged":0,"exact":true}` {
		t.Errorf("%s", a.body)
	}
}

func TestThePageAsksForANameOnceAndRemembersIt(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise("one", "two")
	s.page("/events/one").want(200).says("Open", `action="/events/one/acknowledge"`)
	s.submit("/events/one/acknowledge", url.Values{"back": {"/"}}).want(http.StatusUnprocessableEntity).
		says("Your name", `name="back" value="/"`, `action="/events/one/acknowledge"`)
	s.submit("/events/one/acknowledge", url.Values{"by": {"A\x07"}}).want(http.StatusUnprocessableEntity).says("control characters",
		`aria-invalid="true"`)
	s.wantAlerts("", "two", "one")
	a := s.submit("/events/one/acknowledge", url.Values{"by": {" Zoë & Co "}, "back": {"/"}}).want(http.StatusSeeOther)
	if to := a.header.Get("Location"); to != "/" {
		t.Errorf("leads to %s", to)
	}
	cookie := a.header.Get("Set-Cookie")
	if !strings.Contains(cookie, "SameSite=Strict") || !strings.Contains(cookie, "path=/") {
		t.Errorf("the cookie is %q", cookie)
	}
	known, _, _ := strings.Cut(cookie, ";")
	s.do("POST", "/events/two/acknowledge", "", "Accept", "text/html", "Sec-Fetch-Site", "same-origin", "Cookie",
		known).want(http.StatusSeeOther)
	s.wantAlerts("?state=all", "two by Zoë & Co", "one by Zoë & Co")
	s.page("/events/one").want(200).says("Acknowledged by <bdi>Zoë &amp; Co</bdi>").saysNot(`action="/events/one/acknowledge"`)
	s.page("/").want(200).says("Acknowledged by <bdi>Zoë &amp; Co</bdi>")
	s.page("/events/calm").want(404)
}

func TestAFormLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for i, to := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)"} {
		id := fmt.Sprint("a", i)
		s.raise(id)
		a := s.submit("/events/"+id+"/acknowledge", url.Values{"by": {"Alice"}, "back": {to}}).want(http.StatusSeeOther)
		if got := a.header.Get("Location"); got != "/events/"+id {
			t.Errorf("%s leads to %s", to, got)
		}
	}
}

func TestAScriptAcknowledgesWithoutAPage(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.raise("one", "two")
	form := func(path, body string, headers ...string) *answer {
		return s.do("POST", path, body, append([]string{"Accept", "application/json", "Sec-Fetch-Site", "same-origin"}, headers...)...)
	}
	if p := form("/events/one/acknowledge", "").problem(400); len(p.Errors) != 1 || p.Errors[0].Field != "by" {
		t.Errorf("without a name: %+v", p)
	}
	form("/events/one/acknowledge", "", "Cookie", "postern_name=Alice%20J").want(200).says(`"by":"Alice J"`)
	form("/monitor/acknowledge", "through=two", "Cookie", "postern_name=Bob").want(200).says(`{"acknowledged":1,"exact":true}`)
	form("/monitor/acknowledge", "through=two", "Cookie", "postern_name=B%07ob").problem(400)
	s.wantAlerts("?state=all", "two by Bob", "one by Alice J")
}
