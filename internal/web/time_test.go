package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"postern/internal/fullrun"
	"postern/internal/web/api"
)

func TestTimesAreReadInOneWayEverywhere(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	s := startService(t)
	path := s.hookFor(startSink(t), "")
	s.post(apiPath+"/events", oneEvent).want(202)
	now := time.Now()
	// All of these are before the event.
	good := []string{
		"-15m", "-1h", "-7d", "-2w", "today", "today-14:00", now.Add(-time.Hour).Format(time.RFC3339Nano),
		now.Add(-time.Hour).UTC().Format("2006-01-02t15:04:05z"),
		fmt.Sprint(now.Add(-time.Hour).Unix()), fmt.Sprintf("%d.5", now.Add(-time.Hour).Unix()), fmt.Sprint(now.Add(-time.Hour).UnixMilli()),
	}
	bad := []string{"yesterday", "-1", "-1y", "2026-03-19", "2026-03-19T10:00:00", "2026-03-19T10:00:00,5Z", "2026-03-19T10:00:00+24:00",
		"todayZ", "99999999999999999999"}
	queries := []string{apiPath + "/events/recent", apiPath + "/events/export", path + "/attempts", "/events"}
	for _, text := range good {
		for _, where := range queries {
			a := s.do("GET", where+"?since="+url.QueryEscape(text), "", "Accept", "*/*").want(200)
			if strings.HasPrefix(where, apiPath+"/events/r") && len(a.events()) != 1 {
				t.Errorf("%s since %s: %s", where, text, a.body)
			}
			s.get(where + "?until=" + url.QueryEscape(text)).want(200)
		}
		forms := []string{fmt.Sprintf("%q", text)}
		if strings.Trim(text, "0123456789.") == "" {
			forms = append(forms, text) // a number, in a body
		}
		for _, form := range forms {
			var counted struct{ Matching int }
			if s.post(path+"/replays", `{"since":`+form+`,"dry_run":true}`).want(200).into(&counted); counted.Matching != 1 {
				t.Errorf("a replay since %s counts %d", form, counted.Matching)
			}
			var hold api.Hold
			s.post(apiPath+"/holds", `{"reason":"case 12","since":`+form+`}`).want(200).into(&hold)
			if at, err := time.Parse(time.RFC3339, hold.Since); err != nil || at.After(now) || at.Before(now.AddDate(0, 0, -15)) {
				t.Errorf("a hold since %s is since %s", form, hold.Since)
			}
			s.do("DELETE", apiPath+"/holds/"+hold.ID, "").want(200)
		}
	}
	for _, text := range bad {
		for _, where := range queries {
			if strings.HasPrefix(where, apiPath) {
				p := s.get(where + "?since=" + url.QueryEscape(text)).problem(400)
				if len(p.Errors) != 1 || p.Errors[0].Field != "since" || !strings.Contains(p.Detail, "The time ") {
					t.Errorf("%s since %q: %+v", where, text, p)
				}
			}
		}
		for _, where := range []string{path + "/replays", apiPath + "/holds"} {
			p := s.post(where, fmt.Sprintf(`{"reason":"case 12","since":%q}`, text))
			if strings.HasSuffix(where, "replays") {
				p = s.post(where, fmt.Sprintf(`{"since":%q}`, text))
			}
			if got := p.problem(400); len(got.Errors) != 1 || got.Errors[0].Field != "since" || !strings.Contains(got.Detail, "The time ") {
				t.Errorf("%s since %q: %+v", where, text, got)
			}
		}
	}
}

func TestStreamsBeginAtAnyTime(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", oneEvent).want(202)
	for _, since := range []string{"-1h", "-7d", fmt.Sprint(time.Now().Add(-time.Hour).Unix()),
		fmt.Sprint(time.Now().Add(-time.Hour).UnixMilli()), time.Now().Add(-time.Hour).Format(time.RFC3339)} {
		p := s.follow("ndjson", "?since="+url.QueryEscape(since))
		if got := p.event(); got.Type != "face_matched" {
			t.Errorf("since %s: %+v", since, got)
		}
	}
}
