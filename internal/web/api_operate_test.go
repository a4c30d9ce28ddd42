package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/web/api"
)

// sink is a receiver that notes what it got and can refuse.
type sink struct {
	*httptest.Server
	mu      sync.Mutex
	refuse  bool
	headers []http.Header
}

func startSink(t *testing.T) *sink {
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.refuse {
			w.WriteHeader(http.StatusGone)
			return
		}
		s.headers = append(s.headers, r.Header)
		_, _ = io.WriteString(w, "thank you")
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) got() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.headers
}

// wait returns once the sink has got n deliveries.
func (s *sink) wait(t *testing.T, n int) []http.Header {
	t.Helper()
	until(t, fmt.Sprint(n, " deliveries to arrive"), func() bool { return len(s.got()) >= n })
	return s.got()
}

// hookFor registers a webhook to the sink, with more fields if wanted.
func (s *service) hookFor(k *sink, more string) string {
	s.t.Helper()
	var hook api.Webhook
	s.post("/api/v1/events/webhooks", `{"url":"`+k.URL+`/hook","event_types":["*"],"secret":"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"`+more+
		`}`).want(200).into(&hook)
	return "/api/v1/events/webhooks/" + hook.ID
}

func (s *service) state(path string) api.WebhookStatus {
	s.t.Helper()
	var hook api.Webhook
	s.get(path).want(200).into(&hook)
	return hook.Status
}

func TestPausedWebhookWaitsAndResumesEitherWay(t *testing.T) {
	s := startService(t)
	k := startSink(t)
	path := s.hookFor(k, "")
	var hook api.Webhook
	s.post(path+"/pause", "").want(200).into(&hook)
	if hook.Status.State != "paused" {
		t.Errorf("state %q", hook.Status.State)
	}
	s.post("/api/v1/events", oneEvent+oneEvent).want(202)
	time.Sleep(100 * time.Millisecond)
	if n := len(k.got()); n != 0 {
		t.Fatalf("%d deliveries to a paused webhook", n)
	}
	s.post(path+"/resume", `{"from":"waiting"}`).want(200)
	k.wait(t, 2)

	s.post(path+"/pause", "").want(200)
	s.post("/api/v1/events", oneEvent).want(202)
	s.post(path+"/resume", `{"from":"now"}`).want(200)
	var sent accepted
	s.post("/api/v1/events", oneEvent).want(202).into(&sent)
	if got := k.wait(t, 3); got[2].Get("X-Event-ID") != sent.IDs[0] {
		t.Error("what was to be dropped was sent")
	}
	if status := s.state(path); status.Skipped != 1 || status.State != "active" {
		t.Errorf("status %+v", status)
	}
	var changes []api.StateChange
	s.get(path + "/states").want(200).into(&changes)
	if len(changes) != 4 || changes[0].State != "active" || changes[3].State != "paused" || changes[3].Cause == "" {
		t.Errorf("changes %+v", changes)
	}
	s.post(path+"/resume", `{"from":"yesterday"}`).problem(400)
	s.post("/api/v1/events/webhooks/wh_none/pause", "").problem(404)
	s.get("/api/v1/events/webhooks/wh_none/states").problem(404)
}

func TestGoneDisablesAndOperatorsAreTold(t *testing.T) {
	s := startService(t)
	k, other := startSink(t), startSink(t)
	k.refuse = true
	path := s.hookFor(k, "")
	s.hookFor(other, "")
	s.post("/api/v1/events", oneEvent).want(202)
	// Concurrent deliveries may arrive in either order.
	told := map[string]int{}
	for _, h := range other.wait(t, 2) {
		told[h.Get("X-Event-Type")]++
	}
	if told["face_matched"] != 1 || told["system_error"] != 1 || len(told) != 2 {
		t.Fatalf("told by %v", told)
	}
	if status := s.state(path); status.State != "disabled" || !strings.Contains(status.StateCause, "410") {
		t.Errorf("status %+v", status)
	}
	events := s.get("/api/v1/events/recent?source=postern").events()
	if len(events) != 1 || events[0]["data"].(map[string]any)["webhook_id"] != path[len("/api/v1/events/webhooks/"):] {
		t.Errorf("events %v", events)
	}
	s.post("/api/v1/events", `{"type":"system_error","source":"postern"}`).problem(400)
	s.post(path+"/resend", `{"event_id":"`+events[0]["id"].(string)+`"}`).problem(400)
	k.mu.Lock()
	k.refuse = false
	k.mu.Unlock()
	s.post(path+"/resume", "").want(200)
	if got := k.wait(t, 1); len(got) != 1 || got[0].Get("X-Event-Type") != "face_matched" {
		t.Error("it was told of itself")
	}
}

func TestTestEventSaysWhatHappened(t *testing.T) {
	s := startService(t)
	k := startSink(t)
	path := s.hookFor(k, "")
	var result api.TestResult
	s.post(path+"/test", `{"event_type":"watchlist_alert"}`).want(200).into(&result)
	if result.Outcome != "delivered" || result.Status != 200 || result.Response != "thank you" || "http://"+result.Address != k.URL ||
		result.FirstByteMS <= 0 || result.EventType != "watchlist_alert" {
		t.Errorf("result %+v", result)
	}
	if h := k.got()[0]; h.Get("X-Postern-Test") != "true" || h.Get("X-Signature-256") == "" || h.Get("X-Event-Type") != "watchlist_alert" {
		t.Errorf("headers %v", h)
	}
	if n := len(s.get(path + "/attempts").events()); n != 0 {
		t.Error("a test event counts as an attempt")
	}
	s.post(path+"/test", `{"event_type":"face"}`).problem(400)
	s.post("/api/v1/events/webhooks/wh_none/test", "").problem(404)
}

func TestRotationShowsTheNewSecretOnceAndOverlaps(t *testing.T) {
	s := startService(t)
	k := startSink(t)
	path := s.hookFor(k, "")
	var hook api.Webhook
	s.post(path+"/rotate", `{"overlap_hours":2}`).want(200).into(&hook)
	if !strings.HasPrefix(hook.Secret, "whsec_") || hook.OverlapUntil == "" {
		t.Errorf("answer %+v", hook)
	}
	if strings.Contains(string(s.get(path).body), hook.Secret) {
		t.Error("the secret is shown again")
	}
	s.post("/api/v1/events", oneEvent).want(202)
	if n := len(strings.Fields(k.wait(t, 1)[0].Get("webhook-signature"))); n != 2 {
		t.Errorf("%d signatures while secrets overlap", n)
	}
	s.post(path+"/end-overlap", "").want(200)
	s.post("/api/v1/events", oneEvent).want(202)
	if n := len(strings.Fields(k.wait(t, 2)[1].Get("webhook-signature"))); n != 1 {
		t.Errorf("%d signatures after the overlap", n)
	}
	s.post(path+"/rotate", `{"overlap_hours":1000}`).problem(400)
	s.post(path+"/rotate", `{"secret":"short"}`).problem(400)
	s.post(path+"/rotate", `{"overlap":1}`).problem(400)
}

// delivered waits until Postern knows that n deliveries succeeded. The receiver
// has each before that, and what is still in flight isn't sent a second time.
func (s *service) delivered(path string, n int64) {
	s.t.Helper()
	until(s.t, fmt.Sprint(n, " deliveries"), func() bool { return s.state(path).Delivered == n })
}

func TestResendAndReplaySendTheSameEventsAgain(t *testing.T) {
	s := startService(t)
	k := startSink(t)
	path := s.hookFor(k, "")
	var sent accepted
	s.post("/api/v1/events", oneEvent+oneEvent+`{"type":"line_crossed","source":"x"}`).want(202).into(&sent)
	s.delivered(path, 3)

	s.post(path+"/resend", `{"event_id":"`+sent.IDs[1]+`"}`).want(202)
	if h := k.wait(t, 4)[3]; h.Get("X-Event-ID") != sent.IDs[1] || h.Get("X-Postern-Replay") != "true" {
		t.Errorf("resent as %v", h)
	}
	s.post(path+"/resend", `{"event_id":"evt_none"}`).problem(404)
	s.post(path+"/resend", `{}`).problem(400)
	if got := string(s.post(path+"/resend", `{"exhausted":true}`).want(202).body); got != `{"resending":0}` {
		t.Errorf("answer %s", got)
	}

	s.delivered(path, 4)
	var dry struct {
		Matching int
		Exact    bool
	}
	s.post(path+"/replays", `{"after_seq":0,"event_types":["face_matched"],"dry_run":true}`).want(200).into(&dry)
	if dry.Matching != 2 || !dry.Exact {
		t.Errorf("dry run %+v", dry)
	}
	var replay api.Replay
	s.post(path+"/replays", `{"since":"2020-01-01T00:00:00Z","event_types":["face_matched"]}`).want(202).into(&replay)
	for _, h := range k.wait(t, 6)[4:] {
		if h.Get("X-Event-Type") != "face_matched" || h.Get("X-Postern-Replay") != "true" {
			t.Errorf("replayed as %v", h)
		}
	}
	until(t, "the replay's end", func() bool {
		var all []api.Replay
		s.get(path + "/replays").want(200).into(&all)
		replay = all[0]
		return replay.State == "done"
	})
	if replay.State != "done" || replay.Sent != 2 || replay.Position != 3 {
		t.Errorf("replay %+v", replay)
	}
	s.do("DELETE", path+"/replays/"+replay.ID, "").want(200)
	s.do("DELETE", path+"/replays/rp_none", "").problem(404)
	for _, body := range []string{`{}`, `{"since":"yesterday"}`, `{"after_seq":-1}`, `{"after_seq":1,"since":"2020-01-01T00:00:00Z"}`,
		`{"after_seq":0,"event_types":["x"]}`} {
		s.post(path+"/replays", body).problem(400)
	}
}

func TestFiltersBeyondTypeArePreviewedCheckedAndKept(t *testing.T) {
	s := startService(t)
	k := startSink(t)
	s.post("/api/v1/events", oneEvent+`{"type":"face_matched","source":"face_pipeline","camera_id":"dock","data":{"similarity":0.95}}`).want(
		202)
	var p struct {
		Examined, Matching int
		Examples           []map[string]any
	}
	s.post("/api/v1/events/webhooks/preview", `{"event_types":["*"],"conditions":{"similarity":{">=":0.9}}}`).want(200).into(&p)
	if p.Examined != 2 || p.Matching != 1 || p.Examples[0]["camera_id"] != "dock" {
		t.Errorf("preview %+v", p)
	}
	path := s.hookFor(k, `,"camera_ids":["dock"],"conditions":{"similarity":{">=":0.9}},"max_in_flight":4`)
	var hook map[string]any
	s.get(path).want(200).into(&hook)
	if hook["max_in_flight"] != 4.0 || hook["conditions"].(map[string]any)["similarity"].(map[string]any)[">="] != 0.9 {
		t.Errorf("kept as %v", hook)
	}
	// Settings that are left out stay; {} empties the conditions.
	s.do("PATCH", path, `{"conditions":{},"timeout_seconds":20}`).want(200).into(&hook)
	hook = nil
	s.get(path).want(200).into(&hook)
	if _, there := hook["conditions"]; there || hook["max_in_flight"] != 4.0 || hook["timeout_seconds"] != 20.0 {
		t.Errorf("changed to %v", hook)
	}
	for body, field := range map[string]string{
		`{"conditions":{"a":{"~":1}}}`:       "conditions",
		`{"conditions":[]}`:                  "conditions",
		`{"camera_ids":[""]}`:                "camera_ids",
		`{"max_per_second":-1}`:              "max_per_second",
		`{"max_in_flight":1000}`:             "max_in_flight",
		`{"ordered":true,"max_in_flight":2}`: "max_in_flight",
		`{"timeout_seconds":61}`:             "timeout_seconds",
		`{"timeout_seconds":"20"}`:           "timeout_seconds",
		`{"storm_window_seconds":1000000}`:   "storm_window_seconds",
		`{"ordered":"yes"}`:                  "ordered",
	} {
		p := s.do("PATCH", path, body).problem(400)
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", body, p)
		}
	}
}

func TestAnswersOfPauseAndResumeSayHowItIsNow(t *testing.T) {
	s := startService(t)
	path := s.hookFor(startSink(t), "")
	var hook api.Webhook
	s.post(path+"/pause", "").want(200).into(&hook)
	if hook.Status.State != "paused" || hook.Status.StateSince == "" || hook.Status.StateCause != "A person paused it." {
		t.Errorf("paused: %+v", hook.Status)
	}
	s.post("/api/v1/events", oneEvent).want(202)
	s.post(path+"/resume", `{"from":"now"}`).want(200).into(&hook)
	if hook.Status.State != "active" || hook.Status.Behind != 0 || hook.Status.Skipped != 1 ||
		!strings.Contains(hook.Status.StateCause, "from now on") {
		t.Errorf("resumed: %+v", hook.Status)
	}
	s.post(path+"/pause", `{"x":1}`).problem(400)
	s.post(path+"/end-overlap", `{"x":1}`).problem(400)
}

func TestMistypedParametersAreRefused(t *testing.T) {
	s := startService(t)
	for _, path := range []string{"/api/v1/events/recent?camera=dock", "/api/v1/events/webhooks/wh_x/attempts?failed=1"} {
		if p := s.get(path).problem(400); !strings.Contains(p.Detail, "limit") {
			t.Errorf("%s: %s", path, p.Detail)
		}
	}
}

func TestReplayThatIsOverIsNotStopped(t *testing.T) {
	s := startService(t)
	k := startSink(t)
	path := s.hookFor(k, "")
	s.post(path+"/replays", `{"after_seq":0}`).problem(400) // there is nothing yet
	s.post("/api/v1/events", oneEvent).want(202)
	s.delivered(path, 1)
	var replay api.Replay
	s.post(path+"/replays", `{"after_seq":0}`).want(202).into(&replay)
	k.wait(t, 2)
	until(t, "the replay's end", func() bool {
		var all []api.Replay
		s.get(path + "/replays").want(200).into(&all)
		return all[0].State == "done"
	})
	s.do("DELETE", path+"/replays/"+replay.ID, "").want(200).into(&replay)
	if replay.State != "done" || replay.Sent != 1 {
		t.Errorf("answer %+v", replay)
	}
}
