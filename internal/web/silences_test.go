package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/web/api"
)

const (
	gateSilence = `{"reason":"The lens is replaced","camera_ids":["gate"],"for_seconds":3600,"by":"Alice"}`
	atGate      = `{"id":"%","type":"liveness_failed","source":"liveness","camera_id":"gate"}`
)

func (s *service) sendAtGate(id string) {
	s.t.Helper()
	s.post(apiPath+"/events", strings.Replace(atGate, "%", id, 1)).want(202)
}

func TestSilence_keeps_alerts_from_being_raised(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.sendAtGate("before")
	var made api.Silence
	s.post(apiPath+"/silences", gateSilence).want(200).into(&made)
	if !made.Active || made.Author != "Alice" || made.Until == nil {
		t.Errorf("the silence is %+v", made)
	}
	s.sendAtGate("during")
	s.post(apiPath+"/events", `{"id":"elsewhere","type":"liveness_failed","source":"liveness","camera_id":"yard"}`).want(202)
	s.wantAlerts("", "elsewhere", "before")
	s.page("/alerts?tab=silenced").want(200).says("Silenced", `href="/events/during"`).saysNot(`href="/events/before"`)
	s.page("/events/during").want(200).says("Silenced by <bdi>Alice</bdi>", "The lens is replaced").saysNot("/events/during/acknowledge")
	s.page("/events").want(200).says("<span>Silenced</span>")
	for _, path := range []string{"/", "/alerts", "/silences", "/monitor"} {
		s.page(path).want(200).says("Camera gate", "<bdi>Alice</bdi>", "The lens is replaced")
	}
	s.do("DELETE", apiPath+"/silences/"+made.ID+"?by=Bob", "").want(200).says(`"ended_by":"Bob"`, `"active":false`)
	s.do("DELETE", apiPath+"/silences/"+made.ID+"?by=Bob", "").want(http.StatusConflict)
	s.sendAtGate("after")
	s.wantAlerts("", "after", "elsewhere", "before")
	s.get(apiPath + "/silences").want(200).saysNot(made.ID)
	s.get(apiPath + "/silences?state=all").want(200).says(made.ID)
}

func TestSilence_of_a_webhook_skips_what_the_webhook_leaves_out(t *testing.T) {
	t.Parallel()
	s, all, without := startService(t), startSink(t), startSink(t)
	s.post(apiPath+"/events/webhooks", `{"url":"`+all.URL+`","event_types":["*"]}`).want(200)
	var hook api.Webhook
	s.post(apiPath+"/events/webhooks", `{"url":"`+without.URL+`","event_types":["*"],"skip_silenced":true}`).want(200).into(&hook)
	s.post(apiPath+"/silences", gateSilence).want(200)
	s.sendAtGate("during")
	s.post(apiPath+"/events", `{"id":"elsewhere","type":"liveness_failed","source":"liveness","camera_id":"yard"}`).want(202)
	count := func(k *sink) int {
		k.mu.Lock()
		defer k.mu.Unlock()
		return len(k.headers)
	}
	eventually(t, "the deliveries", func() bool { return count(all) == 2 && count(without) == 1 })
	s.get(apiPath+"/events/during/deliveries").want(200).says(`"silenced"`, hook.ID)
}

func TestSilence_by_the_form(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.sendAtGate("noise")
	found := s.page("/alerts").want(200)
	const link = "/silences/new?back=%2Falerts&amp;camera_id=gate&amp;event_type=liveness_failed"
	found.says(link)
	s.page(strings.ReplaceAll(link, "&amp;", "&")).want(200).says("Silence for 1 hour", `value="Too many alerts"`, "camera gate")
	form := url.Values{"camera_id": {"gate"}, "event_type": {"liveness_failed"}, "reason": {"Noise"}, "for": {"1h"}, "back": {"/alerts"}}
	s.submit("/silences", form).want(http.StatusUnprocessableEntity).says("Your name", `name="camera_id" value="gate"`)
	form.Set("by", "Zoë")
	if to := s.submit("/silences", form).want(http.StatusSeeOther).header.Get("Location"); to != "/alerts" {
		t.Errorf("leads to %s", to)
	}
	current := s.store.Silences.Current()
	if len(current) != 1 || current[0].Author != "Zoë" || current[0].Until.Sub(current[0].From) != time.Hour ||
		current[0].Types != event.Types(event.LivenessFailed) {
		t.Fatalf("the silences are %+v", current)
	}
	for field, bad := range map[string]url.Values{
		"hide every alert":       {"reason": {"x"}, "for": {"1h"}, "by": {"Zoë"}},
		"Say why":                {"camera_id": {"gate"}, "reason": {" "}, "for": {"1h"}, "by": {"Zoë"}},
		"Say until when":         {"camera_id": {"gate"}, "reason": {"x"}, "by": {"Zoë"}},
		"must be in the future":  {"camera_id": {"gate"}, "reason": {"x"}, "until": {"2020-01-01T00:00"}, "by": {"Zoë"}},
		"when the window begins": {"camera_id": {"gate"}, "reason": {"x"}, "day": {"monday"}, "by": {"Zoë"}},
	} {
		s.submit("/silences", bad).want(http.StatusUnprocessableEntity).says(field, "Silence for 1 hour")
	}
	weekly := url.Values{"source": {"liveness"}, "reason": {"Update"}, "day": {"sunday"}, "weekly_from": {"22:00"}, "weekly_to": {"06:00"},
		"weekly_zone": {"Europe/Amsterdam"}, "by": {"Zoë"}}
	s.submit("/silences", weekly).want(http.StatusSeeOther)
	s.page("/silences").want(200).says("Sunday 22:00–06:00, Europe/Amsterdam")
}

func TestSilence_stays_within_the_camera_scope(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("olga", account.Operator, "gate")
	root, gate := g.signedIn("root"), g.signedIn("olga")
	var both, yard, typed api.Silence
	g.do("POST", apiPath+"/silences", `{"reason":"x","camera_ids":["gate","yard"],"for_seconds":3600}`, root...).want(200).into(&both)
	g.do("POST", apiPath+"/silences", `{"reason":"x","camera_ids":["yard"],"for_seconds":3600}`, root...).want(200).into(&yard)
	g.do("POST", apiPath+"/silences", `{"reason":"x","event_types":["watchlist_alert"],"for_seconds":3600}`, root...).want(200).into(&typed)
	g.do("GET", apiPath+"/silences", "", gate...).want(200).says(both.ID, typed.ID).saysNot(yard.ID, `"yard"`)
	g.do("GET", apiPath+"/silences/"+yard.ID, "", gate...).want(404)
	for _, id := range []string{both.ID, typed.ID} {
		g.do("DELETE", apiPath+"/silences/"+id, "", gate...).want(403)
	}
	g.do("DELETE", apiPath+"/silences/"+yard.ID, "", gate...).want(404)
	for _, body := range []string{
		`{"reason":"x","camera_ids":["gate","yard"],"for_seconds":3600}`,
		`{"reason":"x","event_types":["watchlist_alert"],"for_seconds":3600}`,
		`{"reason":"x","camera_ids":["gate"],"webhook_id":"we_1","for_seconds":3600}`,
	} {
		g.do("POST", apiPath+"/silences", body, gate...).want(403)
	}
	var own api.Silence
	g.do("POST", apiPath+"/silences", `{"reason":"x","camera_ids":["gate"],"for_seconds":3600}`, gate...).want(200).into(&own)
	if own.Author != "olga" {
		t.Errorf("the author is %q", own.Author)
	}
	g.do("DELETE", apiPath+"/silences/"+own.ID, "", gate...).want(200)
}
