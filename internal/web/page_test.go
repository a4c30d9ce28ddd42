package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/shift"
	"postern/internal/web/api"
)

// page asks for a page as a browser does.
func (s *service) page(path string) *answer { return s.do("GET", path, "", "Accept", "text/html") }

func (s *service) submit(path string, form url.Values) *answer {
	return s.do("POST", path, form.Encode(), "Accept", "text/html", "Sec-Fetch-Site", "same-origin")
}

// onlyWebhook is the page of the only webhook.
func (s *service) onlyWebhook() string {
	s.t.Helper()
	var hooks []api.Webhook
	if s.get(apiPath + "/events/webhooks").into(&hooks); len(hooks) != 1 {
		s.t.Fatalf("%d webhooks", len(hooks))
	}
	return "/webhooks/" + hooks[0].ID
}

func (a *answer) says(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(string(a.body), text) {
			a.t.Errorf("the page doesn't say %q:\n%s", text, a.body)
		}
	}
	return a
}

func (a *answer) saysNot(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(string(a.body), text) {
			a.t.Errorf("the page says %q", text)
		}
	}
	return a
}

func TestPagesRenderEmptyAndFull(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for range 2 {
		for _, path := range []string{"/", "/events", "/webhooks", "/monitor", "/events?event_type=system_error&q=x"} {
			a := s.page(path).want(http.StatusOK).says("<!doctype html>", "</html>")
			if got := a.header.Get(fiber.HeaderContentType); got != fiber.MIMETextHTMLCharsetUTF8 {
				t.Errorf("%s is %q", path, got)
			}
			if a.header.Get(fiber.HeaderContentSecurityPolicy) == "" || a.header.Get(fiber.HeaderContentLength) == "" {
				t.Errorf("%s has headers %v", path, a.header)
			}
			a.saysNot("<script>", "style=", "onclick=")
		}
		s.post(apiPath+"/events", `{"type":"watchlist_alert","source":"a","data":{"label":"Alice Smith"}}`).want(http.StatusAccepted)
		s.post(apiPath+"/events/webhooks", `{"url":"http://127.0.0.1:9/hook","event_types":["*"]}`).want(http.StatusOK)
	}
}

func TestEveryAssetOfAPageIsServed(t *testing.T) {
	t.Parallel()
	s := startService(t)
	assets := regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(string(s.page("/").body), -1)
	if len(assets) < 4 {
		t.Fatalf("only %v", assets)
	}
	for _, a := range assets {
		if got := s.get(a[1]).want(http.StatusOK); len(got.body) == 0 {
			t.Errorf("%s is empty", a[1])
		}
	}
}

func TestEventsPageFiltersAndPages(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for i := range 150 {
		s.post(apiPath+"/events", fmt.Sprintf(`[{"id":"m-%d","type":"face_matched","source":"a"},{"id":"x-%d","type":"person_exited",`+
			`"source":"a"}]`, i, i)).want(http.StatusAccepted)
	}
	first := s.page("/events?event_type=face_matched").want(http.StatusOK).
		says(`id="e-m-149"`, `id="e-m-70"`).saysNot(`id="e-m-69"`, `id="e-x-`)
	older := regexp.MustCompile(`href="(/events\?cursor=[^"]+)"`).FindSubmatch(first.body)
	if older == nil {
		t.Fatalf("no way to older events: %s", first.body)
	}
	s.page(strings.ReplaceAll(string(older[1]), "&amp;", "&")).want(http.StatusOK).
		says(`id="e-m-69"`, `id="e-m-0"`, "No more events.").saysNot(`id="e-m-70"`, `id="e-x-`)
}

func TestEventsPageKeepsItsFilterInEveryLink(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.fill(300)
	a := s.page("/events?event_type=face_matched&camera_id=cam-1&camera_id=cam-2&since=-9000d&q=person").want(http.StatusOK).says(
		`hx-ws:connect="/live/socket?camera_id=cam-1&amp;camera_id=cam-2&amp;event_type=face_matched`+
			`&amp;q=person&amp;since=-9000d&amp;erasures=0"`,
		`href="/api/v1/events/export?camera_id=cam-1&amp;camera_id=cam-2&amp;event_type=face_matched`+
			`&amp;format=csv&amp;q=person&amp;since=-9000d"`,
		`<input type="hidden" name="since" value="-9000d"`, "since 9,000 days ago", "Clear all",
	)
	for _, link := range regexp.MustCompile(`class="chip[^"]*" href="([^"]+)"`).FindAllSubmatch(a.body, -1) {
		s.page(strings.ReplaceAll(string(link[1]), "&amp;", "&")).want(http.StatusOK)
	}
}

func TestChipsCountWhatTheirPageIsAbout(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.fill(300)
	s.post(apiPath+"/events", `{"type":"system_error","source":"a","camera_id":"<gate>"}`).want(http.StatusAccepted)
	for query, says := range map[string]string{
		"": "101 events kept", "?since=-1h&event_type=face_matched": "101 events of this time",
		"?camera_id=cam-1": "20 events kept", "?camera_id=%3Cgate%3E": "1 event kept",
	} {
		s.page("/events"+query).want(http.StatusOK).says(`title="`+says+`"`, `<option>cam-1</option>`, `<option>&lt;gate&gt;</option>`)
	}
	s.page("/events?q=person").want(http.StatusOK).saysNot("The counts cover")
}

func TestEventsPageIsLiveUnlessItsTimeIsOver(t *testing.T) {
	t.Parallel()
	s := startService(t)
	const live = `hx-ws:connect="/live/socket`
	for query, want := range map[string]bool{
		"": true, "?since=-1h": true, "?since=today%2B01:00": true, "?until=2999-01-01T00:00:00Z": true,
		"?until=2026-01-01T00:00:00Z": false, "?until=-15m": false, "?live=off": false, "?cursor=ZDEy": false,
	} {
		a := s.page("/events" + query).want(http.StatusOK)
		if got := strings.Contains(string(a.body), live) && !strings.Contains(string(a.body), "only=state"); got != want {
			t.Errorf("%s is live: %v", query, got)
		}
	}
}

func TestFormsLeadToTheAddressThatTheyMean(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for query, want := range map[string]string{
		"q=&camera_id=&source=&from=&to=":             "/events",
		"q=alice&camera_id=lobby&camera_id=&source=+": "/events?camera_id=lobby&q=alice",
		"from=2026-03-19T10:32&to=2026-03-19T11:00:05&since=-1h&live=off": "" +
			"/events?live=off&since=2026-03-19T10%3A32%3A00Z&until=2026-03-19T11%3A00%3A05Z",
		"from=&to=&since=-1h&event_type=face_matched&event_type=line_crossed": "/events?event_type=face_matched" +
			"&event_type=line_crossed&since=-1h",
	} {
		if got := s.page("/events?" + query).want(http.StatusSeeOther).header.Get(fiber.HeaderLocation); got != want {
			t.Errorf("%s leads to %s, want %s", query, got, want)
		}
	}
	s.page("/events?from=soon").want(http.StatusBadRequest).says("2026-03-19T10:32")
}

func TestEventPageLeadsToItsNeighboursAndItsLikes(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `[{"id":"a","type":"face_matched","source":"s"},{"id":"b","type":"face_matched","source":"s","camera_id":"gate",`+
		`"data":{"identity_id":"abc-123"}},{"id":"c","type":"face_matched","source":"s"}]`).want(http.StatusAccepted)
	s.page("/events/b").want(http.StatusOK).says(`rel="prev" data-event href="/events/c"`, `rel="next" data-event href="/events/a"`,
		`href="/events?camera_id=gate"`, `href="/events?q=abc-123"`, "curl -X POST "+s.base+"/api/v1/events")
	s.page("/events/c").saysNot(`rel="prev"`)
	s.page("/events/a").saysNot(`rel="next"`, "same camera")
}

func TestPagesAreCompressedAndStreamsAreNot(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.fill(150)
	for path, want := range map[string]string{"/events": "gzip", "/": "gzip", "/api/v1/events/recent": "", "/api/v1/events/export": ""} {
		if got := s.do("GET", path, "", "Accept", "text/html", "Accept-Encoding", "gzip").want(http.StatusOK).header.Get(
			fiber.HeaderContentEncoding); got != want {
			t.Errorf("%s is encoded as %q", path, got)
		}
	}
}

func TestEventPageShowsWhatWasSent(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.post(apiPath+"/events", `{"id":"one","type":"face_matched","source":"a","data":{"label":"<b>Bob</b>","score":0.30000000000000004}}`).want(
		http.StatusAccepted)
	s.page("/events/one").want(http.StatusOK).says("&lt;b&gt;Bob&lt;/b&gt;", "0.30000000000000004", "matched").saysNot("<b>Bob")
	s.page("/events/two").want(http.StatusNotFound).says("<!doctype html>", "no event with this id")
}

func TestRegisterFormMakesASecretAndShowsItOnce(t *testing.T) {
	t.Parallel()
	s := startService(t)
	a := s.done("/webhooks", url.Values{
		"url": {"http://127.0.0.1:9/hook"}, "event_types": {"face_matched", "system_error"}, "secret_from": {"generate"},
	}).says("Registered http://127.0.0.1:9/hook", "the secret that signs its deliveries")
	secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]{20,}`).Find(a.body)
	if secret == nil {
		t.Fatalf("no secret: %s", a.body)
	}
	s.page("/webhooks").want(http.StatusOK).says("Face matched and system error").saysNot(string(secret))
}

func TestRegisterFormComesBackWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.submit("/webhooks", url.Values{"url": {"ftp://example.com/<in>"}, "secret": {"short"}}).
		want(http.StatusUnprocessableEntity).
		says("The URL must begin with https://", "Choose at least one type of event", "The secret must be",
			`value="ftp://example.com/&lt;in&gt;"`, `aria-invalid="true"`)
	// A custom secret has to be typed.
	own := url.Values{"url": {"http://127.0.0.1:9/"}, "event_types": {"line_crossed"}, "secret": {""}, "secret_from": {"own"}}
	s.submit("/webhooks", own).want(http.StatusUnprocessableEntity).says("Enter your secret", `value="own" checked`)
	for secret, says := range map[string]string{"whsec_AA==": "The secret is base64 of 1 byte",
		"given-secret ": "begins or ends with a blank", "whsec_signing": "whole base64"} {
		own.Set("secret", secret)
		s.submit("/webhooks", own).want(http.StatusUnprocessableEntity).says(says, `value="own" checked`)
	}
	own.Set("secret", "given-secret")
	s.done("/webhooks", own).says("Its secret is used as raw text")
	s.page(s.onlyWebhook()).says("used as raw text", "<code>NewWebhookRaw([]byte(secret))</code>").saysNot("given-secret")
	if made := madeSecret.Find(s.page("/webhooks").says("1 webhook").body); made != nil {
		t.Errorf("the secret %s was made", made)
	}
}

func TestWebhookIsRegisteredShownAndRemoved(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.done("/webhooks", url.Values{"url": {"http://127.0.0.1:9/hook"}, "event_types": {"*", "face_matched"}}).
		says("Registered http://127.0.0.1:9/hook", "All events").saysNot("This is the secret")
	id := strings.TrimPrefix(s.onlyWebhook(), "/webhooks/")
	s.page("/webhooks/"+id).want(http.StatusOK).says("This webhook has no secret", "Nothing has been sent yet")
	s.page("/webhooks/" + id + "/remove").want(http.StatusOK).says("Deliveries to it stop at once")
	s.done("/webhooks/"+id+"/remove", nil).says("Removed the webhook http://127.0.0.1:9/hook", "0 webhooks")
	s.done("/webhooks/"+id+"/remove", nil).says("The webhook has already been removed", "0 webhooks") // a second press is no error
	s.page("/webhooks/" + id).want(http.StatusNotFound).says("no webhook with this id")
	s.page("/webhooks/" + id + "/remove").want(http.StatusNotFound)
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := startService(t)
	form := url.Values{"url": {"http://127.0.0.1:9/hook"}, "event_types": {"*"}}.Encode()
	s.do("POST", "/webhooks", form, "Accept", "text/html", "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
	s.do("POST", "/webhooks", form, "Accept", "text/html", "Origin", "https://evil.example").want(http.StatusForbidden)
	s.page("/webhooks").says("0 webhooks")
}

// A preset by shifts is relative: its address keeps the name, and the file and the
// socket have the times that it stands for now.
func TestEventsPage_has_ranges_by_shifts(t *testing.T) {
	t.Parallel()
	s := startService(t)
	night := shift.Default.LastNight(time.Now(), time.UTC)
	post := func(id string, at time.Time) {
		s.post(apiPath+"/events", `{"id":"`+id+`","type":"watchlist_alert","source":"a","timestamp":"`+at.Format(time.RFC3339)+`"}`).
			want(http.StatusAccepted)
	}
	post("before", night.Start.Add(-time.Second))
	post("within", night.Start)
	page := s.do("GET", "/events?range=last-night", "", "Accept", "text/html").want(http.StatusOK)
	since := url.QueryEscape(night.Start.Format(time.RFC3339))
	page.says("/events/within", "export?format=csv&amp;since="+since, `name="range" value="last-night"`).
		saysNot("/events/before")
	s.do("GET", "/events?range=last-night&from=2026-03-19T10:00&to=", "", "Accept", "text/html").want(http.StatusSeeOther)
	s.do("GET", "/events?range=yesterday", "", "Accept", "text/html").want(http.StatusBadRequest)
}

func TestCatalogue_shows_each_type_and_sends_marked_samples(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.account("operator", account.Operator)
	root, operator := g.signedIn("root"), g.signedIn("operator")
	page := func(as []string) *answer {
		return g.do("GET", "/docs/events", "", append(as, "Accept", "text/html")...).want(200)
	}
	for _, in := range event.Catalogue() {
		page(root).says("<code>"+in.Name+"</code>", `action="/docs/events/`+in.Name+`/sample"`)
	}
	page(operator).says("JSON Schema").saysNot("Send a sample")
	g.form("/docs/events/watchlist_alert/sample", nil, operator...).want(403)
	g.form("/docs/events/nothing/sample", nil, root...).want(404)
	g.land(g.form("/docs/events/watchlist_alert/sample", nil, root...), root...).says("Sent a sample of Watchlist alert.", "Open the sample")
	g.do("GET", apiPath+"/events/recent", "", root...).want(200).says(`"source":"postern-sample"`, "Sample person", `"sample":true`)
	g.do("GET", "/settings/audit?action=event.sample", "", append(root, "Accept", "text/html")...).want(200).says("Sample event")
}
