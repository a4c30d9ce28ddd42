package web

import (
	"net/url"
	"testing"
	"time"

	"postern/internal/web/api"
)

func TestHours_CountAttemptsByBandAndListThem(t *testing.T) {
	t.Parallel()
	s := startService(t)
	path := apiPath + "/events/webhooks/" + s.registered("http://127.0.0.1:1/", "*")
	s.post(apiPath+"/events", `{"type":"face_matched","source":"face_pipeline"}`).want(202)
	attempt := waitForAttempts(s, path+"/attempts", 1)[0]
	var got api.BandHours
	s.get(path + "/hours").want(200).into(&got)
	if len(got.Hours) == 0 || got.Hours[len(got.Hours)-1].Failed["connect"] == 0 || got.CountedSince == "" {
		t.Fatalf("the hours are %+v", got)
	}
	since := got.Hours[0].Start
	start, err := time.Parse("2006-01-02T15:04:05-07:00", since)
	if err != nil || !start.Equal(start.Truncate(time.Hour)) {
		t.Errorf("an hour begins at %s, %v", since, err)
	}
	if n := len(s.get(path + "/attempts?band=connect&since=" + url.QueryEscape(since)).events()); n == 0 {
		t.Error("the band's attempts aren't listed")
	}
	if n := len(s.get(path + "/attempts?band=5xx").events()); n != 0 {
		t.Errorf("%d attempts are of a band that has none", n)
	}
	s.get(path + "/attempts?band=none").problem(400)
	s.get(path + "/hours?since=x").problem(400)
	s.get(path + "/hours?band=5xx").problem(400)
	s.get(apiPath + "/events/webhooks/wh_none/hours").problem(404)
	if phases, ok := attempt["phases"].([]any); !ok || len(phases) != 1 || phases[0].(map[string]any)["failed"] != true {
		t.Errorf("the attempt's phases are %v", attempt["phases"])
	}
	var one api.AttemptDetail
	s.get(path + "/attempts/" + attempt["id"].(string)).want(200).into(&one)
	if one.EventReceived == "" || one.EventCommitted == "" {
		t.Errorf("the attempt is %+v", one)
	}
}
