package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pageFor registers a webhook to the sink and returns its page's address.
func (s *service) pageFor(k *sink, more string) string {
	s.t.Helper()
	return strings.Replace(s.hookFor(k, more), apiPath+"/events", "", 1)
}

// done sends a form and follows its redirect to the page, which shows the
// result once.
func (s *service) done(path string, form url.Values) *answer {
	s.t.Helper()
	a := s.land(s.submit(path, form)).want(http.StatusOK).saysNot("style=")
	if notice := between(string(a.body), `id="notice"`, "</div>"); strings.Contains(notice, "successfully") {
		s.t.Errorf("the notice: %s", notice)
	}
	return a
}

// until asks for a page until it says something.
func (s *service) until(path, text string) *answer {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if a := s.page(path); strings.Contains(string(a.body), text) {
			return a
		}
	}
	return s.page(path).says(text)
}

func TestPauseAndResumeOnThePage(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	page := s.pageFor(k, "")
	s.page(page).want(http.StatusOK).says("Active since it was registered", ">Pause<").saysNot("Resume", "State history")

	s.done(page+"/pause", nil).
		says("Paused. Nothing is lost", "A person paused it, ", "Resume", "State history").saysNot(">Pause<")
	s.until("/webhooks", "A person paused it, ")
	s.until("/", "1 paused")
	s.post(apiPath+"/events", `[{"type":"person_entered","source":"a"},{"type":"person_exited","source":"a"}]`).want(http.StatusAccepted)
	s.until(page, "Resume (2 events waiting)").says("The backlog is skipped: 2 events.")

	s.done(page+"/resume", url.Values{"how": {"waiting"}}).says("Resumed.", "A person resumed it, ")
	k.wait(t, 2)

	s.done(page+"/pause", nil)
	s.post(apiPath+"/events", `{"type":"line_crossed","source":"a"}`).want(http.StatusAccepted)
	s.done(page+"/resume", url.Values{"how": {"now"}}).says("The backlog was skipped")
	s.until(page, "<dt>Skipped</dt>").says("A replay sends those that match")
	if got := k.got(); len(got) != 2 {
		t.Errorf("%d deliveries arrived", len(got))
	}
}

func TestDisabledWebhookSaysWhyAndHowToGoOn(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	k.mu.Lock()
	k.refuse = true
	k.mu.Unlock()
	page := s.pageFor(k, "")
	s.post(apiPath+"/events", `{"type":"person_entered","source":"a"}`).want(http.StatusAccepted)
	s.until(page, " waiting)")
	s.until(page, "410 Gone").says("Disabled", "Nothing is sent until you resume").saysNot(">Pause<")
	s.until("/", "1 webhook disabled")
}

func TestTestEventShowsWhatHappened(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	page := s.pageFor(k, "")
	s.done(page+"/test", url.Values{"event_type": {"line_crossed"}}).
		says("Delivered, answered 200", strings.TrimPrefix(k.URL, "http://"), "None, plain http", "First byte", "Total", "thank you",
			`value="line_crossed" selected`, "Nothing has been sent yet")
	if kind := k.wait(t, 1)[0].Get("X-Event-Type"); kind != "line_crossed" {
		t.Errorf("type %q", kind)
	}
	s.submit(page+"/test", url.Values{"event_type": {"nonsense"}}).want(http.StatusBadRequest)
	k.Close()
	s.done(page+"/test", url.Values{"event_type": {"line_crossed"}}).says("Connection failed", "nothing listens there", "Not reached")
	s.submit("/webhooks/wh_nothing/test", url.Values{"event_type": {"line_crossed"}}).want(http.StatusNotFound)
}

func TestReplayIsCountedThenStarted(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	s.post(apiPath+"/events", `[{"type":"person_entered","source":"a"},{"type":"person_exited","source":"a"},{"type":"person_exited",`+
		`"source":"a"}]`).want(http.StatusAccepted)
	page := s.pageFor(k, "")
	s.page(page + "/replay").want(http.StatusOK).says("Count matching events").saysNot("Start the replay")
	dry := s.page(page+"/replay?from=hour&event_types=person_exited").want(http.StatusOK).
		says("2 events would be resent.", "only person exited", "Start the replay")
	s.page(page + "/replay?from=day&event_types=*").says("3 events would be resent.")
	s.page(page + "/replay?from=hour&event_types=face_matched").says("there is nothing to resend").saysNot("Start the replay")
	for since, says := range map[string]string{"": "Enter a date", "soon": "Enter a date", "2999-01-01T00:00": "in the future",
		"0001-01-01T00:00": "Enter a date"} {
		s.page(page+"/replay?from=time&since="+since).want(http.StatusUnprocessableEntity).says(says, `aria-invalid="true"`)
	}
	s.page(page + "/replay?from=time&since=2020-01-01T10:00").want(http.StatusOK).says("1 January 2020 10:00:00 UTC")
	if got := k.got(); len(got) != 0 {
		t.Fatalf("counting sent %d events", len(got))
	}
	since := regexp.MustCompile(`name="since" value="([^"]+)"`).FindSubmatch(dry.body)
	if since == nil {
		t.Fatalf("no time to start from: %s", dry.body)
	}
	s.done(page+"/replay", url.Values{"since": {string(since[1])}, "event_types": {"person_exited"}}).says("The replay has started",
		"Person exited, started")
	k.wait(t, 2)
	s.until(page, "<b>Completed</b>").says("2 sent", "resend")
	s.submit(page+"/replay", url.Values{"since": {"nonsense"}}).want(http.StatusUnprocessableEntity)
	s.submit("/webhooks/wh_nothing/replay", url.Values{"since": {string(since[1])}}).want(http.StatusNotFound)
}

func TestReplayIsStopped(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	s.post(apiPath+"/events", `{"type":"person_entered","source":"a"}`).want(http.StatusAccepted)
	page := s.pageFor(k, "")
	s.done(page+"/pause", nil)
	a := s.done(page+"/replay", url.Values{"since": {"2020-01-01T00:00"}}).says("<b>Waiting</b>", "<progress", `hx-trigger="every 2s"`)
	stop := regexp.MustCompile(`action="(/webhooks/[^"]+/stop)"`).FindSubmatch(a.body)
	if stop == nil {
		t.Fatalf("no way to stop it: %s", a.body)
	}
	s.done(string(stop[1]), nil).says("<b>Stopped</b>").saysNot("<progress")
	s.submit(page+"/replays/rp_nothing/stop", nil).want(http.StatusNotFound)
}

func TestEventsAreSentAgain(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	page := s.pageFor(k, "")
	id := strings.TrimPrefix(page, "/webhooks/")
	hook := apiPath + "/events/webhooks/" + id
	s.post(apiPath+"/events", `{"id":"one","type":"person_entered","source":"a"}`).want(http.StatusAccepted)
	s.delivered(hook, 1)
	s.until(page, `name="event_id" value="one"`)
	s.done(page+"/resend", url.Values{"event_id": {"one"}}).says("The event is being resent.")
	s.delivered(hook, 2)
	s.submit(page+"/resend", url.Values{"event_id": {"two"}}).want(http.StatusNotFound)
	s.done(page+"/resend", url.Values{"which": {"exhausted"}}).says("so nothing was resent")

	s.page("/events/one").says(`name="webhook" value="` + id + `"`)
	s.done("/events/one/resend", url.Values{"webhook": {id}}).says("The event is being resent to " + k.URL)
	k.wait(t, 3)
	s.submit("/events/one/resend", url.Values{"webhook": {"wh_nothing"}}).want(http.StatusNotFound)
}

func TestRotatedSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	page := s.pageFor(k, "")
	for _, typed := range []string{"-1", "721", "a day", "1.5"} {
		a := s.submit(page+"/rotate", url.Values{"overlap_hours": {typed}}).want(http.StatusUnprocessableEntity).
			says("from 0 to 720", `value="`+typed+`"`).saysNot("2 secrets")
		if made := madeSecret.Find(a.body); made != nil {
			t.Errorf("a refusal shows the secret %s", made)
		}
	}
	a := s.done(page+"/rotate", url.Values{"overlap_hours": {"24"}}).says("The previous one signs too until", "2 secrets sign", "in 24 h")
	secret := madeSecret.Find(a.body)
	if secret == nil {
		t.Fatalf("no secret: %s", a.body)
	}
	s.page(page).says("2 secrets sign").saysNot(string(secret))
	s.done(page+"/end-overlap", nil).says("Only the newest secret signs").saysNot("2 secrets")
	a = s.done(page+"/rotate", url.Values{"overlap_hours": {"0"}}).saysNot("2 secrets")
	if madeSecret.Find(a.body) == nil {
		t.Errorf("no secret: %s", a.body)
	}
}

// madeSecret is a secret as Postern makes them.
var madeSecret = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]{20,}`)

// someSettings is a form with everything in it.
func someSettings(target string) url.Values {
	return url.Values{
		"url": {target}, "event_types": {"person_entered"}, "camera_ids": {"lobby-cam-1, gate-7\r\n\r\n lobby-cam-1 "}, "sources": {"a"},
		"conditions": {` {"zone": "lobby"} `}, "max_per_second": {"0.5"}, "max_in_flight": {"4"}, "timeout_seconds": {"5"},
		"storm_window_seconds": {"90"},
	}
}

func TestSettingsAreRegisteredShownAndChanged(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.submit("/webhooks", someSettings("http://127.0.0.1:9/hook")).want(http.StatusSeeOther)
	page := s.onlyWebhook()
	s.page(page).says(">lobby-cam-1<", ">gate-7<", "{&#34;zone&#34;:&#34;lobby&#34;}", "At most 30 requests/min",
		"At most 4 requests", "1 min 30 s")
	s.page(page+"/edit").want(http.StatusOK).says("lobby-cam-1\ngate-7",
		`name="max_per_second" type="text" inputmode="decimal" autocomplete="off" value="0.5"`,
		"<details class=\"fold\" open", "Save changes").saysNot(`name="secret"`)

	form := someSettings("http://127.0.0.1:9/other")
	form.Set("ordered", "1")
	form.Del("max_in_flight")
	form.Del("camera_ids")
	s.done(page+"/edit", form).says("Saved.", "http://127.0.0.1:9/other", "One event at a time").saysNot("lobby-cam-1")
	form.Set("max_in_flight", "4")
	s.submit(page+"/edit", form).want(http.StatusUnprocessableEntity).says("must be 1 or left out", "Save changes")
	s.page("/webhooks/wh_nothing/edit").want(http.StatusNotFound)
	s.submit("/webhooks/wh_nothing/edit", form).want(http.StatusNotFound)
}

func TestSettingsComeBackWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := startService(t)
	a := s.submit("/webhooks", url.Values{
		"url": {"http://127.0.0.1:9/"}, "event_types": {"*"}, "camera_ids": {"a\x01b"}, "conditions": {"{\"a\": [1]}"},
		"max_per_second": {"fast"}, "max_in_flight": {"1000"}, "timeout_seconds": {"1.5"}, "storm_window_seconds": {"-5"},
	}).want(http.StatusUnprocessableEntity).
		says("The list of cameras has a name", "The field a can&#39;t be compared with", "The rate must be",
			"The number of requests at once must be",
			"The time to wait must be", "The storm control&#39;s time must be", `value="fast"`, `value="1.5"`, "{&#34;a&#34;: [1]}")
	if n := strings.Count(string(a.body), `aria-invalid="true"`); n != 6 {
		t.Errorf("%d fields are marked", n)
	}
	for conditions, says := range map[string]string{
		`{"a":`: "The text of the conditions is not valid JSON", `[1]`: "The text of the conditions must be an object",
		`{"a": {"~": 1}}`: "is not an operator", `{} {}`: "something after",
	} {
		s.submit("/webhooks", url.Values{"url": {"http://127.0.0.1:9/"}, "event_types": {"*"}, "conditions": {conditions}}).
			want(http.StatusUnprocessableEntity).says(says)
	}
	s.page("/webhooks").says("0 webhooks")
}

func TestPreviewSaysWhatWouldMatch(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	for range 7 {
		s.post(apiPath+"/events", `[{"type":"person_entered","source":"a","data":{"zone":"lobby"}},{"type":"person_entered","source":"a",`+
			`"data":{"zone":"gate"}}]`).want(http.StatusAccepted)
	}
	form := url.Values{"url": {"http://typed.example/"}, "event_types": {"*"}, "conditions": {`{"zone":"lobby"}`}, "max_in_flight": {"2"}}
	a := s.submit("/webhooks/preview", form).want(http.StatusOK).
		says("7 of the last 14 events would match.", "The newest 5:", `value="http://typed.example/"`, "Register webhook",
			`<h1>Register a webhook`)
	if n := strings.Count(string(a.body), `id="p-`); n != 5 {
		t.Errorf("%d rows", n)
	}
	form.Set("conditions", "nonsense")
	s.submit("/webhooks/preview", form).want(http.StatusUnprocessableEntity).says("needs valid filters")
	s.do("POST", "/webhooks/preview", form.Encode(), "Accept", "text/html", "Sec-Fetch-Site", "same-origin", "HX-Request", "true").
		want(http.StatusOK).says("needs valid filters. The text of the conditions")

	page := s.pageFor(k, "")
	form.Set("conditions", "")
	form.Set("webhook", strings.TrimPrefix(page, "/webhooks/"))
	s.submit("/webhooks/preview", form).want(http.StatusOK).says("14 of the last 14 events", "Save changes")
	form.Set("webhook", "wh_nothing")
	s.submit("/webhooks/preview", form).want(http.StatusNotFound)
}

func TestOperatingNeedsTheOwnSite(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	page := s.pageFor(k, "")
	for _, action := range []string{"/pause", "/resume", "/rotate", "/end-overlap", "/resend", "/replay", "/test", "/edit"} {
		s.do("POST", page+action, "x=1", "Accept", "text/html", "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
		s.do("POST", "/webhooks/wh_nothing"+action, "event_type=line_crossed&since=2020-01-01T00:00&event_id=x", "Accept",
			"text/html").want(http.StatusNotFound)
	}
	s.page(page).says("Active since it was registered").saysNot("two secrets")
}

// A compressed form would be decompressed without a bound.
func TestCompressedFormsAreRefused(t *testing.T) {
	s := startService(t)
	for _, path := range []string{"/webhooks", "/webhooks/wh_none/resume"} {
		s.do("POST", path, "how=now", "Content-Encoding", "gzip").problem(415)
	}
}
