package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postern/internal/web/api"
)

func TestPayloadOverTheAPI(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	hook := s.hookFor(k, `,"payload":"pseudonymous"`)
	if body := s.get(hook).want(200).body; !strings.Contains(string(body), `"payload":"pseudonymous"`) {
		t.Errorf("%s", body)
	}
	s.do("PATCH", hook, `{"event_types":["face_matched"]}`).want(200)
	if body := s.get(hook).body; !strings.Contains(string(body), `"payload":"pseudonymous"`) {
		t.Errorf("another change has changed the payload: %s", body)
	}
	if body := s.do("PATCH", hook, `{"payload":"full"}`).want(200).body; strings.Contains(string(body), "payload") {
		t.Errorf("%s", body)
	}
	for body, says := range map[string]string{
		`{"payload":"thin"}`: "--public-url", `{"payload":"half"}`: `"pseudonymous"`,
		`{"payload":7}`: "payload: The value has the wrong type; it must be a string",
	} {
		if p := s.do("PATCH", hook, body).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", body, p.Detail)
		}
	}
}

func TestPreviewShowsWhatWouldBeSent(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `{"type":"face_matched","source":"x","data":{"identity_id":"abc-123","label":"Alice Smith",`+
		`"similarity":0.91}}`).want(202)
	preview := func(payload string) string {
		body := s.post(apiPath+"/events/webhooks/preview", `{"event_types":["*"],"conditions":{"label":"Alice Smith"}`+payload+`}`).want(200).body
		return string(body)
	}
	if body := preview(`,"payload":"pseudonymous"`); !strings.Contains(body, `"matching":1`) || strings.Contains(body, "Alice") ||
		strings.Count(body, "psn_") != 2 || !strings.Contains(body, `"similarity":0.91`) {
		t.Errorf("%s", body)
	}
	if body := preview(""); !strings.Contains(body, "Alice Smith") {
		t.Errorf("%s", body)
	}
	if p := s.post(apiPath+"/events/webhooks/preview", `{"event_types":["*"],"payload":"thin"}`).problem(400); !strings.Contains(p.Detail,
		"--public-url") {
		t.Error(p.Detail)
	}
}

func TestPayloadOnTheForm(t *testing.T) {
	t.Parallel()
	s := startService(t)
	form := url.Values{"url": {"https://example.com/hook"}, "event_types": {"*"}, "payload": {"thin"}}
	s.submit("/webhooks", form).want(http.StatusUnprocessableEntity).says("The payload is &#34;thin&#34;", "--public-url",
		`value="thin" checked`)
	form.Set("payload", "pseudonymous")
	s.submit("/webhooks", form).want(http.StatusSeeOther)
	var hooks []api.Webhook
	s.get(apiPath + "/events/webhooks").into(&hooks)
	page := "/webhooks/" + hooks[0].ID
	s.page(page).want(200).says("Pseudonymous: a keyed hash")
	s.page(page + "/edit").want(200).says(`value="pseudonymous" checked`)
	form.Set("payload", "")
	s.submit(page+"/edit", form).want(http.StatusSeeOther)
	s.page(page).want(200).saysNot("Pseudonymous")
}
