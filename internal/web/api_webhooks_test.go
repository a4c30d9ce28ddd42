package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"postern/internal/web/api"
)

func TestRegisterAnswersTheReferencesFieldsFirstAndNeverTheSecret(t *testing.T) {
	s := startService(t)
	a := s.post("/api/v1/events/webhooks", `{
"url": "https://example.com/webhooks/biometrics",
"event_types": ["face_matched", "watchlist_alert", "liveness_passed"],
"secret": "whsec_your_signing_secret"
}`).want(200)
	start := `{"id":"wh_`
	if !strings.HasPrefix(string(a.body), start) || !strings.Contains(string(a.body),
		`","url":"https://example.com/webhooks/biometrics","event_types":["face_matched","watchlist_alert","liveness_passed"],"created_at":"20`) {
		t.Errorf("fields or their order: %s", a.body)
	}
	var hook api.Webhook
	a.into(&hook)
	for _, path := range []string{"", "/" + hook.ID, "/" + hook.ID + "/attempts"} {
		if body := s.get("/api/v1/events/webhooks" + path).want(200).body; strings.Contains(string(body), "your_signing") {
			t.Errorf("%q shows the secret: %s", path, body)
		}
	}
	if !strings.HasSuffix(hook.CreatedAt, "+00:00") {
		t.Errorf("created_at %q", hook.CreatedAt)
	}
}

func TestMadeSecretIsShownOnce(t *testing.T) {
	s := startService(t)
	var hook api.Webhook
	s.post("/api/v1/events/webhooks", `{"url":"https://example.com/","event_types":["*"],"generate_secret":true}`).want(200).into(&hook)
	if !strings.HasPrefix(hook.Secret, "whsec_") || len(hook.Secret) < 40 {
		t.Errorf("secret %q", hook.Secret)
	}
	if body := s.get("/api/v1/events/webhooks/" + hook.ID).body; strings.Contains(string(body), hook.Secret) {
		t.Errorf("shown again: %s", body)
	}
}

func TestChangeTouchesOnlyWhatIsGiven(t *testing.T) {
	s := startService(t)
	var hook, changed api.Webhook
	s.post("/api/v1/events/webhooks", `{"url":"https://example.com/a","event_types":["face_matched"],"secret":"12345678"}`).want(200).into(
		&hook)
	path := "/api/v1/events/webhooks/" + hook.ID
	s.do("PATCH", path, `{"event_types":["system_error","line_crossed"]}`).want(200).into(&changed)
	if changed.URL != hook.URL || !changed.Signed || strings.Join(changed.EventTypes, " ") != "line_crossed system_error" {
		t.Errorf("changed to %+v", changed)
	}
	s.do("PATCH", path, `{"secret":""}`).want(200).into(&changed)
	if changed.Signed {
		t.Error("the secret is still there")
	}
	for body, says := range map[string]string{
		`{}`:                      "changes nothing",
		`{"url":"ftp://x"}`:       "https",
		`{"event_types":[]}`:      "at least one",
		`{"state":"paused"}`:      "state",
		`{"url":7}`:               "url",
		`{"event_types":["a",1]}`: "event_types",
		`[]`:                      "object",
		``:                        "empty",
		`{"url"`:                  "ends in the middle",
	} {
		if p := s.do("PATCH", path, body).problem(400); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", body, p.Detail)
		}
	}
	s.do("PATCH", "/api/v1/events/webhooks/wh_none", `{"secret":""}`).problem(404)
}

func TestRemovedWebhookKeepsItsAttempts(t *testing.T) {
	s := startService(t)
	got := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got <- r.Header.Get("X-Event-ID") }))
	defer receiver.Close()
	var hook api.Webhook
	s.post("/api/v1/events/webhooks", `{"url":"`+receiver.URL+`/hook","event_types":["face_matched"]}`).want(200).into(&hook)
	var sent accepted
	s.post("/api/v1/events", oneEvent).want(202).into(&sent)
	if id := <-got; id != sent.IDs[0] {
		t.Fatalf("delivered %s, want %s", id, sent.IDs[0])
	}
	path := "/api/v1/events/webhooks/" + hook.ID
	attempts := waitForAttempts(s, path+"/attempts", 1)
	if a := attempts[0]; a["event_id"] != sent.IDs[0] || a["event_type"] != "face_matched" || a["outcome"] != "delivered" ||
		a["status"] != 200.0 || a["try"] != 1.0 {
		t.Errorf("attempt %v", a)
	}
	if got := string(s.do("DELETE", path, "").want(200).body); got != `{"removed":"`+hook.ID+`"}` {
		t.Errorf("answer %s", got)
	}
	s.do("DELETE", path, "").problem(404)
	s.get(path).problem(404)
	if n := len(s.get(path + "/attempts").events()); n != 1 {
		t.Errorf("%d attempts are left", n)
	}
	s.get("/api/v1/events/webhooks/wh_none/attempts").problem(404)
	s.get(path + "/attempts?cursor=x").problem(400)
	s.get(path + "/attempts?outcome=x").problem(400)
}

func TestFailedAttemptSaysWhy(t *testing.T) {
	s := startService(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no such door", http.StatusTeapot)
	}))
	defer receiver.Close()
	var hook api.Webhook
	s.post("/api/v1/events/webhooks", `{"url":"`+receiver.URL+`","event_types":["*"]}`).want(200).into(&hook)
	s.post("/api/v1/events", oneEvent).want(202)
	a := waitForAttempts(s, "/api/v1/events/webhooks/"+hook.ID+"/attempts?outcome=failed", 1)[0]
	if a["outcome"] != "failed" || a["class"] != "status" || a["status"] != 418.0 || !strings.Contains(a["detail"].(string), "418") ||
		a["response"] != "no such door\n" {
		t.Errorf("attempt %v", a)
	}
}

// waitForAttempts asks until as many attempts are recorded.
func waitForAttempts(s *service, path string, n int) []map[string]any {
	s.t.Helper()
	var attempts []map[string]any
	until(s.t, fmt.Sprint(n, " attempts at ", path), func() bool {
		attempts = s.get(path).events()
		return len(attempts) >= n
	})
	return attempts
}

// Each of two changes of other fields holds, however close they come.
func TestChangesAtTheSameTimeAllHold(t *testing.T) {
	t.Parallel()
	s := startService(t)
	var hook struct {
		ID      string `json:"id"`
		Timeout int    `json:"timeout_seconds"`
		Storm   int    `json:"storm_window_seconds"`
	}
	s.post(apiPath+"/events/webhooks", `{"url":"https://example.com/hook","event_types":["*"]}`).want(200).into(&hook)
	path := apiPath + "/events/webhooks/" + hook.ID
	for i := 2; i < 22; i++ {
		var both sync.WaitGroup
		for _, field := range []string{"timeout_seconds", "storm_window_seconds"} {
			both.Go(func() {
				if a := s.send(s.request("PATCH", path, fmt.Sprintf(`{"%s":%d}`, field, i))); a.status != 200 {
					t.Errorf("%d: %s", a.status, a.body)
				}
			})
		}
		both.Wait()
		s.get(path).want(200).into(&hook)
		if hook.Timeout != i || hook.Storm != i {
			t.Fatalf("both were set to %d and answered 200, and they are %d and %d", i, hook.Timeout, hook.Storm)
		}
	}
}
