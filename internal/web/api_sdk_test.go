package web

import (
	"strings"
	"testing"

	"postern/internal/web/api"
)

// The calls of the OpenBiometrics SDKs (Python and TypeScript), with the
// names, headers and addresses that these send.
func TestSDKsCallsAreUnderstood(t *testing.T) {
	t.Parallel()
	s := startService(t)
	call := func(method, path, body string) *answer {
		t.Helper()
		return s.do(method, apiPath+path, body, "Authorization", "Bearer ob_live_1234", "Content-Type", "application/json")
	}
	var hook api.Webhook
	call("POST", "/events/webhooks", `{"url":"https://example.com/hooks/ob","events":["face_matched","liveness_passed"]}`).want(200).into(
		&hook)
	if got := strings.Join(hook.EventTypes, " "); got != "face_matched liveness_passed" {
		t.Errorf("registered for %s", got)
	}
	call("POST", "/events", `[{"id":"one","type":"face_matched","source":"a"},{"id":"two","type":"line_crossed","source":"a"},`+
		`{"id":"three","type":"face_matched","source":"a"}]`).want(202)
	for query, want := range map[string]string{
		"":                                "three two one",
		"?type=face_matched":              "three one",
		"?type=line_crossed&limit=1":      "two",
		"?type=face_matched,line_crossed": "three two one",
		"?type=face_matched&type=line_crossed&limit=2": "three two",
	} {
		var ids []string
		for _, e := range call("GET", "/events/recent"+query, "").events() {
			ids = append(ids, e["id"].(string))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s answers %s, want %s", query, got, want)
		}
	}
	// The next page knows which type was asked for.
	next := call("GET", "/events/recent?type=face_matched&limit=1", "").want(200).header.Get("Link")
	if !strings.Contains(next, "event_type=face_matched") || strings.Contains(next, "&type=") {
		t.Errorf("the next page is %s", next)
	}
	if list := call("GET", "/events/webhooks", "").events(); len(list) != 1 || list[0]["id"] != hook.ID {
		t.Errorf("%v", list)
	}
	call("DELETE", "/events/webhooks/"+hook.ID, "").want(200)
}

func TestOlderNamesAreRefusedBesideTheirNewOnes(t *testing.T) {
	t.Parallel()
	s := startService(t)
	both := s.post(apiPath+"/events/webhooks",
		`{"url":"https://example.com/","events":["face_matched"],"event_types":["face_matched"]}`).problem(400)
	if both.Detail != "events: This is the older name of event_types, which is given too; send event_types alone." ||
		both.Errors[0].Field != "events" {
		t.Errorf("%+v", both)
	}
	both = s.get(apiPath + "/events/recent?type=face_matched&event_type=face_matched").problem(400)
	if both.Detail != "type: This is the older name of event_type, which is given too; send event_type alone." ||
		both.Errors[0].Field != "type" {
		t.Errorf("%+v", both)
	}
	// They are known where the SDKs send them, and nowhere else.
	s.post(apiPath+"/events/webhooks", `{"url":"https://example.com/","events":["alarm"]}`).problem(400)
	s.post(apiPath+"/events/webhooks", `{"url":"https://example.com/"}`).problem(400)
	s.get(apiPath + "/events/recent?type=alarm").problem(400)
	s.get(apiPath + "/events/export?type=face_matched").problem(400)
	s.get(apiPath + "/events/alerts?type=watchlist_alert").problem(400)
	s.post(apiPath+"/events/webhooks/preview", `{"events":["face_matched"]}`).problem(400)
	var hook api.Webhook
	s.post(apiPath+"/events/webhooks", `{"url":"https://example.com/","events":["*"]}`).want(200).into(&hook)
	s.do("PATCH", apiPath+"/events/webhooks/"+hook.ID, `{"events":["face_matched"]}`).problem(400)
}
