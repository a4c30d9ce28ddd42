package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postern/internal/web/api"
)

// until waits until a condition has come true.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

// answering is a receiver that answers by path: /500 with 500.
func answering(t *testing.T) string {
	t.Helper()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/500" {
			http.Error(w, "not now", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(receiver.Close)
	return receiver.URL
}

// registered registers a webhook and returns its id.
func (s *service) registered(url, types string) string {
	s.t.Helper()
	var e api.Webhook
	s.post("/api/v1/events/webhooks", `{"url": "`+url+`", "event_types": ["`+types+
		`"], "secret": "whsec_your_signing_secret"}`).want(200).into(&e)
	return e.ID
}

func TestAnEventsDeliveriesThroughTheAPI(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	good, bad := s.registered(receiver+"/in", "*"), s.registered(receiver+"/500", "*")
	other := s.registered(receiver+"/other", "line_crossed")
	s.post("/api/v1/events", `{"id": "one", "type": "face_matched", "source": "x"}`).want(202)
	var got []api.Delivery
	until(t, "both tries", func() bool {
		got = nil
		s.get("/api/v1/events/one/deliveries").want(200).into(&got)
		return len(got) == 3 && got[0].Tries == 1 && got[1].Tries == 1
	})
	if d := got[0]; d.WebhookID != good || d.State != "delivered" || d.DeliveredAt == "" || d.NextTry != "" || d.WebhookState != "active" ||
		d.Attempts[0].Status != 200 || d.Attempts[0].ID == "" {
		t.Errorf("%+v", d)
	}
	if d := got[1]; d.WebhookID != bad || d.State != "retrying" || d.DeliveredAt != "" || d.NextTry == "" ||
		d.Attempts[0].Response != "not now\n" || d.Attempts[0].Class != "status" {
		t.Errorf("%+v", d)
	}
	if d := got[2]; d.WebhookID != other || d.State != "not_sent" || d.Reason == nil || d.Reason.Rule != "event_type" || d.Tries != 0 {
		t.Errorf("%+v", d)
	}
	s.get("/api/v1/events/none/deliveries").want(404)

	var a api.Attempt
	s.get("/api/v1/events/webhooks/" + bad + "/attempts/" + got[1].Attempts[0].ID).want(200).into(&a)
	if a.EventID != "one" || a.Outcome != "failed" {
		t.Errorf("%+v", a)
	}
	s.get("/api/v1/events/webhooks/" + bad + "/attempts/at_9_9").want(404)
	s.get("/api/v1/events/webhooks/wh_none/attempts/at_1_0").want(404)
}

func TestTheLastDayThroughTheAPI(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	good, bad, idle := s.registered(receiver+"/in", "*"), s.registered(receiver+"/500", "*"), s.registered(receiver+"/idle", "line_crossed")
	s.post("/api/v1/events", `[{"type": "face_matched", "source": "x"}, {"type": "face_matched", "source": "x"}]`).want(202)
	status := func(id string) api.WebhookStatus {
		var e api.Webhook
		s.get("/api/v1/events/webhooks/" + id).want(200).into(&e)
		return e.Status
	}
	until(t, "the tries", func() bool { return status(good).Delivered24 == 2 && status(bad).Failed24 == 2 })
	if got := status(good); got.Failed24 != 0 || got.P95MS == nil || *got.P95MS <= 0 || len(got.Hours) == 0 ||
		got.Hours[len(got.Hours)-1].P95MS == nil {
		t.Errorf("%+v", got)
	}
	if got := status(bad); got.Delivered24 != 0 || got.P95MS != nil || len(got.Hours) == 0 || got.Hours[0].P95MS != nil {
		t.Errorf("%+v", got)
	}
	// No data is a gap, not zero.
	if got := status(idle); got.Delivered24 != 0 || got.P95MS != nil || len(got.Hours) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAttemptsAreFilteredThroughTheAPI(t *testing.T) {
	t.Parallel()
	s, receiver := startService(t), answering(t)
	bad := s.registered(receiver+"/500", "*")
	path := "/api/v1/events/webhooks/" + bad + "/attempts"
	s.post("/api/v1/events", `{"id": "one", "type": "face_matched", "source": "x"}`).want(202)
	count := func(query string) int {
		var got []api.Attempt
		s.get(path + query).want(200).into(&got)
		return len(got)
	}
	until(t, "a try", func() bool { return count("") > 0 })
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for query, some := range map[string]bool{
		"?outcome=failed": true, "?outcome=delivered": false, "?outcome=all": true, "?class=status": true, "?class=dns": false,
		"?outcome=failed&class=status": true,
		"?replay=true":                 false, "?replay=false": true, "?since=" + soon: false, "?until=" + soon: true,
		"?since=2020-01-01T00:00:00Z&until=" + soon: true,
	} {
		if got := count(query); got > 0 != some {
			t.Errorf("%s: %d attempts", query, got)
		}
	}
	for query, word := range map[string]string{
		"?outcome=maybe": "outcome", "?class=weather": "dns, connect", "?class=dns&outcome=delivered": "class", "?replay=1": "replay",
		"?since=yesterday": "since", "?from=x": "parameter",
	} {
		if body := string(s.get(path + query).want(400).body); !strings.Contains(body, word) {
			t.Errorf("%s: %s", query, body)
		}
	}
}
