package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/store/auditlog"
	"postern/internal/web/api"
)

// The headers of requests with a name, and the length of a name.
const (
	headerIdempotencyKey = "Idempotency-Key"
	headerReplayed       = "Idempotency-Replayed"
	maxKeyBytes          = 255
)

// namedPost is a POST of the API that takes an Idempotency-Key.
type namedPost struct {
	path, body, other string
	status            int
	secret            bool // its first answer shows one
}

// namedPosts are an example of each route that takes an Idempotency-Key.
func namedPosts(hook, alert, group string) map[string]namedPost {
	on := apiPath + "/events/webhooks/" + hook
	return map[string]namedPost{
		apiPath + "/events/webhooks": {
			path: apiPath + "/events/webhooks", status: 200, secret: true,
			body:  `{"url":"http://127.0.0.1:9/new","event_types":["*"],"generate_secret":true}`,
			other: `{"url":"http://127.0.0.1:9/other","event_types":["*"]}`,
		},
		apiPath + "/events/webhooks/:id/rotate": {path: on + "/rotate", status: 200, secret: true, body: `{"overlap_hours":12}`,
			other: `{"overlap_hours":13}`},
		apiPath + "/events/webhooks/:id/end-overlap": {path: on + "/end-overlap", status: 200, body: `{}`, other: ``},
		apiPath + "/events/webhooks/:id/pause":       {path: on + "/pause", status: 200, body: ``, other: `{}`},
		apiPath + "/events/webhooks/:id/resume":      {path: on + "/resume", status: 200, body: `{"from":"waiting"}`, other: `{"from":"now"}`},
		apiPath + "/events/webhooks/:id/test":        {path: on + "/test", status: 200, body: `{"event_type":"line_crossed"}`, other: `{}`},
		apiPath + "/events/webhooks/:id/resend": {path: on + "/resend", status: 202, body: `{"event_id":"` + alert + `"}`,
			other: `{"exhausted":true}`},
		apiPath + "/events/webhooks/:id/replays": {path: on + "/replays", status: 202, body: `{"after_seq":0}`,
			other: `{"after_seq":0,"dry_run":true}`},
		apiPath + "/events/webhooks/pause": {path: apiPath + "/events/webhooks/pause", status: 200, body: `{"ids":["` + hook + `"]}`,
			other: `{"filter":{}}`},
		apiPath + "/events/webhooks/resume": {path: apiPath + "/events/webhooks/resume", status: 200, body: `{"filter":{}}`,
			other: `{"filter":{},"from":"now"}`},
		apiPath + "/events/webhooks/test": {path: apiPath + "/events/webhooks/test", status: 200, body: `{"filter":{}}`,
			other: `{"ids":["` + hook + `"]}`},
		apiPath + "/events/webhooks/recover": {path: apiPath + "/events/webhooks/recover", status: 200,
			body: `{"filter":{},"from":"-1h","dry_run":true}`, other: `{"filter":{},"from":"-2h","dry_run":true}`},
		apiPath + "/clock/confirm": {path: apiPath + "/clock/confirm", status: 200, body: ``, other: `{}`},
		apiPath + "/events/alerts/acknowledge": {path: apiPath + "/events/alerts/acknowledge", status: 200,
			body: `{"by":"Alice","through":"` + alert + `"}`, other: `{"by":"Bob","through":"` + alert + `"}`},
		apiPath + "/events/alerts/groups/:id/assign": {path: apiPath + "/events/alerts/groups/" + group + "/assign", status: 200,
			body: `{"by":"Alice","assignee":"root"}`, other: `{"by":"Alice","assignee":null}`},
		apiPath + "/events/:id/acknowledge": {path: apiPath + "/events/" + alert + "/acknowledge", status: 200, body: `{"by":"Alice"}`,
			other: `{"by":"Bob"}`},
		apiPath + "/silences": {path: apiPath + "/silences", status: 200,
			body:  `{"reason":"Repair","camera_ids":["gate"],"for_seconds":3600,"by":"Alice"}`,
			other: `{"reason":"Repair","camera_ids":["yard"],"for_seconds":3600,"by":"Alice"}`},
		apiPath + "/holds": {path: apiPath + "/holds", status: 200, body: `{"reason":"case 12","identity_id":"person/77"}`,
			other: `{"reason":"case 13","identity_id":"person/77"}`},
	}
}

// made counts the objects that requests may make: webhooks, replays, holds, and
// changes of secrets.
func (g *guarded) made() string {
	g.t.Helper()
	ctx := context.Background()
	endpoints, err := g.store.Deliveries.Endpoints(ctx)
	if err != nil {
		g.t.Fatal(err)
	}
	holds, err := g.store.Holds.All(ctx)
	if err != nil {
		g.t.Fatal(err)
	}
	replays, secrets := 0, ""
	for _, e := range endpoints {
		of, err := g.store.Deliveries.Replays(ctx, e.N, 100)
		if err != nil {
			g.t.Fatal(err)
		}
		replays += len(of)
		for _, one := range e.Secrets {
			secrets += one.Text + " "
		}
	}
	return fmt.Sprint(len(endpoints), " webhooks, ", len(holds), " holds, ", replays, " replays, secrets ", secrets)
}

// audited counts the entries of the audit.
func (g *guarded) audited() int {
	g.t.Helper()
	entries, err := g.access.Audit(context.Background(), auditlog.Query{Limit: 1000})
	if err != nil {
		g.t.Fatal(err)
	}
	return len(entries)
}

// startNamed runs a service with a webhook and an alert.
func startNamed(t *testing.T) (g *guarded, root []string, posts map[string]namedPost) {
	t.Helper()
	g = startGuarded(t)
	root = g.signedIn("root")
	alert := g.seen(event.WatchlistAlert, "lobby", "bob")
	k := startSink(t)
	var hook api.Webhook
	g.do("POST", apiPath+"/events/webhooks", `{"url":"`+k.URL+`","event_types":["*"],"secret":"whsec_your_signing_secret"}`,
		root...).want(200).into(&hook)
	later := g.seen(event.WatchlistAlert, "lobby", "carol") // stays open when the alert is acknowledged
	return g, root, namedPosts(hook.ID, alert.ID, g.groupOf(later))
}

func withKey(key string, headers ...string) []string {
	return append([]string{"Idempotency-Key", key}, headers...)
}

// setAside is a request that sets aside an event of a new ordered webhook.
func (g *guarded) setAside(root []string) namedPost {
	g.t.Helper()
	var hook api.Webhook
	g.do("POST", apiPath+"/events/webhooks", `{"url":"`+startPicky(g.t, "document_scanned").URL+
		`","event_types":["document_scanned"],"ordered":true}`, root...).want(200).into(&hook)
	refused, on := g.seen(event.DocumentScanned, "lobby", "bob"), apiPath+"/events/webhooks/"+hook.ID
	eventually(g.t, "the event is refused", func() bool { return g.server.webhooks.Status(hook.ID).Blocking == refused.ID })
	return namedPost{path: on + "/set-aside", status: 200, body: `{"event_id":"` + refused.ID + `"}`, other: `{"event_id":"evt_other"}`}
}

// A repeated request gets the same answer without its secrets. It changes
// nothing more and adds no audit entry.
func TestEveryNamedRequestIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	g, root, posts := startNamed(t)
	posts[apiPath+"/events/webhooks/:id/set-aside"] = g.setAside(root)
	for _, r := range g.server.table {
		if !api.TakesIdempotencyKey(r.method, r.path) {
			continue
		}
		p, ok := posts[r.path]
		if !ok {
			t.Errorf("POST %s has no example here", r.path)
			continue
		}
		first := g.do("POST", p.path, p.body, withKey("once:"+r.path, root...)...).want(p.status)
		if first.header.Get(headerReplayed) != "" {
			t.Errorf("%s: the first answer says that it is repeated", r.path)
		}
		want := first.body
		if secret := madeSecret.Find(first.body); (secret != nil) != p.secret {
			t.Errorf("%s: the secret is %s", r.path, secret)
		} else if p.secret {
			want = bytes.Replace(want, []byte(`"secret":"`+string(secret)+`",`), nil, 1)
		}
		made, entries := g.made(), g.audited()
		for range 2 {
			again := g.do("POST", p.path, p.body, withKey("once:"+r.path, root...)...).want(p.status)
			if !bytes.Equal(again.body, want) || again.header.Get(headerReplayed) != "true" ||
				again.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s is repeated as %s, %v\nwant %s", r.path, again.body, again.header, want)
			}
		}
		if p := g.do("POST", p.path, p.other, withKey("once:"+r.path, root...)...).problem(422); !strings.Contains(p.Detail, "another request") {
			t.Errorf("%s: %s", r.path, p.Detail)
		}
		if now := g.made(); now != made || g.audited() != entries {
			t.Errorf("%s: there were %s and %d entries, and are %s and %d", r.path, made, entries, now, g.audited())
		}
	}
	if n := g.server.api.RepeatedAnswers(); n != int64(2*len(posts)) {
		t.Errorf("%d answers are counted as repeated", n)
	}
}

// A name belongs to one route and one principal.
func TestANameIsOfOneRouteAndOnePrincipal(t *testing.T) {
	t.Parallel()
	g, root, posts := startNamed(t)
	g.account("carol", account.Administrator)
	manage := g.key("manager", account.ScopeManage)
	p := posts[apiPath+"/events/webhooks"]
	seen := map[string]bool{}
	for _, by := range [][]string{root, g.signedIn("carol"), manage} {
		var hook api.Webhook
		g.do("POST", p.path, p.body, withKey("a", by...)...).want(200).into(&hook)
		if seen[hook.ID] || hook.Secret == "" {
			t.Errorf("one got another's answer: %+v", hook)
		}
		seen[hook.ID] = true
	}
	// A principal's other session is the same principal.
	if a := g.do("POST", p.path, p.body, withKey("a", g.signedIn("root")...)...).want(200); a.header.Get(headerReplayed) != "true" {
		t.Error("the same account registers again")
	}
	hold := posts[apiPath+"/holds"]
	if a := g.do("POST", hold.path, hold.body, withKey("a", root...)...).want(200); a.header.Get(headerReplayed) != "" {
		t.Error("one route got another's answer")
	}
	// A key that was revoked gets no answer either.
	if err := g.access.RevokeKey(context.Background(), console, "manager"); err != nil {
		t.Fatal(err)
	}
	g.do("POST", p.path, p.body, withKey("a", manage...)...).problem(401)
}

func TestKeysThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	g, root, posts := startNamed(t)
	p := posts[apiPath+"/events/webhooks"]
	made := g.made()
	for _, key := range []string{"", " ", "two words", "tab\there", strings.Repeat("x", maxKeyBytes+1), "käse"} {
		req := g.request("POST", p.path, p.body, root...)
		req.Header["Idempotency-Key"] = []string{key}
		if got := g.send(req).problem(400); len(got.Errors) != 1 || got.Errors[0].Field != headerIdempotencyKey {
			t.Errorf("%q: %+v", key, got)
		}
	}
	twice := g.request("POST", p.path, p.body, root...)
	twice.Header["Idempotency-Key"] = []string{"a", "b"}
	g.send(twice).problem(400)
	if now := g.made(); now != made {
		t.Errorf("there are %s", now)
	}
	g.do("POST", p.path, p.body, withKey(strings.Repeat("~", maxKeyBytes), root...)...).want(200)
}

// A refused request changed nothing, and may succeed the next time.
func TestARefusedRequestMayBeSentAgain(t *testing.T) {
	t.Parallel()
	g, root, posts := startNamed(t)
	p := posts[apiPath+"/events/webhooks"]
	g.do("POST", p.path, `{"url":"ftp://x","event_types":["*"]}`, withKey("a", root...)...).problem(400)
	g.do("POST", p.path, p.body, withKey("a", root...)...).want(200)
	g.do("POST", apiPath+"/events/webhooks/wh_none/rotate", `{}`, withKey("a", root...)...).problem(404)
	g.account("olga", account.Operator)
	g.do("POST", p.path, p.body, withKey("a", g.signedIn("olga")...)...).problem(403) // refused before any stored answer is read
}

func TestOfTwinsOneIsCarriedOut(t *testing.T) {
	t.Parallel()
	g, root, posts := startNamed(t)
	p := posts[apiPath+"/events/webhooks"]
	before := len(g.server.webhooks.Endpoints())
	const twins = 16
	answers := make([]*answer, twins)
	var wg sync.WaitGroup
	for i := range twins {
		wg.Go(func() { answers[i] = g.send(g.request("POST", p.path, p.body, withKey("a", root...)...)) })
	}
	wg.Wait()
	made := 0
	for _, a := range answers {
		switch {
		case a.status == 200 && a.header.Get(headerReplayed) == "":
			made++
		case a.status == 200:
		case a.status == 409:
			a.problem(409)
			if a.header.Get("Retry-After") != "1" {
				t.Error("the twin isn't told when to ask again")
			}
		default:
			t.Errorf("%d: %s", a.status, a.body)
		}
	}
	if now := len(g.server.webhooks.Endpoints()); made != 1 || now != before+1 {
		t.Errorf("%d were made, %d webhooks more", made, now-before)
	}
}

// After a restart the answer is the same, and no secret is in the file.
func TestARestartRepeatsTheAnswer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	body := `{"url":"http://127.0.0.1:9/new","event_types":["*"],"secret":"whsec_your_signing_secret"}`
	start := func() *service { return startServiceIn(t, dir, store.Options{}, nil, func(*Server) {}) }
	s := start()
	first := s.do("POST", apiPath+"/events/webhooks", body, "Idempotency-Key", "a").want(200)
	var hook api.Webhook
	first.into(&hook)
	made := s.do("POST", apiPath+"/events/webhooks/"+hook.ID+"/rotate", "{}", "Idempotency-Key", "b").want(200)
	secret := madeSecret.Find(made.body)
	s.stop()
	s = start()
	if again := s.do("POST", apiPath+"/events/webhooks", body, "Idempotency-Key", "a").want(200); !bytes.Equal(again.body, first.body) {
		t.Errorf("%s, want %s", again.body, first.body)
	}
	again := s.do("POST", apiPath+"/events/webhooks/"+hook.ID+"/rotate", "{}", "Idempotency-Key", "b").want(200)
	if secret == nil || bytes.Contains(again.body, secret) || !bytes.Contains(again.body, []byte(hook.ID)) {
		t.Errorf("rotating again answers %s", again.body)
	}
	s.onlyWebhook()
	s.stop()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(secret), "whsec_your_signing_secret"} {
			if bytes.Contains(content, []byte(text)) {
				t.Errorf("%s has the secret %s", file, text)
			}
		}
	}
}

// The answer of a released hold isn't repeated.
func TestARequestWhoseHoldIsGoneIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := startService(t)
	body := `{"reason":"case 12","identity_id":"person/77"}`
	var h api.Hold
	s.do("POST", apiPath+"/holds", body, "Idempotency-Key", "a").want(200).into(&h)
	s.do("DELETE", apiPath+"/holds/"+h.ID, "").want(200)
	if _, err := s.store.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if p := s.do("POST", apiPath+"/holds", body, "Idempotency-Key", "a").problem(409); !strings.Contains(p.Detail, "removed since") {
		t.Error(p.Detail)
	}
	if a := s.get(apiPath + "/holds").want(200); strings.TrimSpace(string(a.body)) != "[]" {
		t.Errorf("%s", a.body)
	}
}

// Events have ids, and a preview changes nothing.
func TestTheDescriptionSaysWhereKeysAreTaken(t *testing.T) {
	t.Parallel()
	d, err := loadDescription()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range d.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			described := operation.Parameters.GetByInAndName("header", headerIdempotencyKey) != nil
			if route := strings.NewReplacer("{", ":", "}", "").Replace(path); described != api.TakesIdempotencyKey(method, route) {
				t.Errorf("%s %s: described %t", method, path, described)
			}
			if described && (operation.Responses.Value("422") == nil || operation.Responses.Value("409") == nil) {
				t.Errorf("%s %s doesn't say how a key is refused", method, path)
			}
		}
	}
	if api.TakesIdempotencyKey(http.MethodPost, apiPath+"/events") || api.TakesIdempotencyKey(http.MethodPost, "/webhooks") ||
		api.TakesIdempotencyKey(http.MethodDelete, apiPath+"/holds/:id") {
		t.Error("a key is taken where it means nothing")
	}
}
