package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/web/api"
)

// picky is a receiver that refuses the events of one type.
type picky struct {
	*httptest.Server
	mu    sync.Mutex
	taken []string
}

func startPicky(t *testing.T, refuses string) *picky {
	k := new(picky)
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get("X-Event-Type") == refuses {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.taken = append(k.taken, r.Header.Get("X-Event-ID"))
	}))
	t.Cleanup(k.Close)
	return k
}

func (k *picky) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.taken)
}

// eventually waits until a condition holds that other goroutines bring about.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain waited until %s", what)
		}
	}
}

// An ordered webhook names the event that blocks it, and continues once that
// event is set aside, by the API or on its page.
func TestOrderedWebhook_set_aside(t *testing.T) {
	t.Parallel()
	s := startService(t)
	k := startPicky(t, "document_scanned")
	var hook api.Webhook
	s.post(apiPath+"/events/webhooks", `{"url":"`+k.URL+`","event_types":["*"],"ordered":true}`).want(http.StatusOK).into(&hook)
	path, page := apiPath+"/events/webhooks/"+hook.ID, "/webhooks/"+hook.ID
	publish := func() (refused string) {
		var sent accepted
		s.post(apiPath+"/events", `[{"type":"document_scanned","source":"a"},{"type":"line_crossed","source":"a"}]`).want(
			http.StatusAccepted).into(&sent)
		eventually(t, "the webhook is blocked", func() bool { return s.state(path).BlockedBy == sent.IDs[0] })
		return sent.IDs[0]
	}

	refused := publish()
	s.page(page).says("Set aside this event and continue", url.PathEscape(refused))
	if n := k.count(); n != 0 {
		t.Fatalf("%d events passed the one that is refused", n)
	}
	s.post(path+"/set-aside", `{}`).problem(http.StatusBadRequest)
	s.post(path+"/set-aside", `{"event_id":"evt_none"}`).problem(http.StatusNotFound)
	set := s.do("POST", path+"/set-aside", `{"event_id":"`+refused+`"}`, headerIdempotencyKey, "a").want(http.StatusOK)
	eventually(t, "the next event arrives", func() bool { return k.count() == 1 })
	s.post(path+"/set-aside", `{"event_id":"`+refused+`"}`).problem(http.StatusConflict)
	if again := s.do("POST", path+"/set-aside", `{"event_id":"`+refused+`"}`, headerIdempotencyKey,
		"a").want(http.StatusOK); string(again.body) != string(set.body) {
		t.Errorf("the same request gets %s, and got %s", again.body, set.body)
	}
	if status := s.state(path); status.BlockedBy != "" || status.Exhausted != 1 || status.State != "active" {
		t.Errorf("the status is %+v", status)
	}
	a := s.get(apiPath + "/events/" + refused + "/deliveries").want(http.StatusOK)
	if !strings.Contains(string(a.body), `"exhausted"`) {
		t.Errorf("the event's delivery is %s", a.body)
	}

	refused = publish()
	s.done(page+"/set-aside", url.Values{"event_id": {refused}}).says("The event was set aside.").saysNot("Set aside this event and continue")
	eventually(t, "the next event arrives", func() bool { return k.count() == 2 })
	s.done(page+"/set-aside", url.Values{"event_id": {refused}}).says("nothing was set aside")
}

func TestOnRejected_is_kept_and_shown(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events/webhooks", `{"url":"http://127.0.0.1:9/","event_types":["*"],"on_rejected":"set_aside"}`).problem(
		http.StatusBadRequest)
	s.post(apiPath+"/events/webhooks", `{"url":"http://127.0.0.1:9/","event_types":["*"],"ordered":true,"on_rejected":"drop"}`).problem(
		http.StatusBadRequest)
	s.submit("/webhooks", url.Values{"url": {"http://127.0.0.1:9/"}, "event_types": {"*"}, "ordered": {"1"},
		"on_rejected": {"set_aside"}}).want(http.StatusSeeOther)
	page := s.onlyWebhook()
	s.page(page).says("A refused event is set aside once a later event is accepted")
	s.page(page + "/edit").says(`name="on_rejected" value="set_aside" checked`)
	var hook struct {
		OnRejected string `json:"on_rejected"`
	}
	path := apiPath + "/events" + page
	s.get(path).want(http.StatusOK).into(&hook)
	if hook.OnRejected != "set_aside" {
		t.Errorf("on_rejected is %q", hook.OnRejected)
	}
	s.do("PATCH", path, `{"on_rejected":"block"}`).want(http.StatusOK)
	s.page(page).says("A refused event blocks later events")
}
